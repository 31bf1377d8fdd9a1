// The pure functions of the map's overlay: which labels have room, where a row is drawn. `node --test`.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

const FOLDER = new URL("../../pages/views/map/overlay/", import.meta.url)
const NAMES = "chooseLabels firstOfCells firstWords placeLabels viewOf isMove near annotationsOf withLabels overlap traceOf planeOf placeOf isIn project multiply UNSPOKEN"
const source = ["places", "labels", "view", "saved"].map((name) => readFileSync(new URL(`${name}.js`, FOLDER), "utf8")).join("")
const exported = `${source}\nexport { ${NAMES.split(" ").join(", ")} }`
const overlay = await import(`data:text/javascript,${encodeURIComponent(exported)}`)

// A chart of 100 × 50 pixels, 10 and 5 from its corner, that shows 0 … 10 and 0 … 5: 10 pixels a unit, y upward.
const axis = (to, length, offset) => ({ type: "linear", range: [0, to], _length: length, _offset: offset })
const trace = (x, y) => ({ name: "vocabulary", visible: true, x, y })
const chart = (x, y) => ({ _fullData: [trace(x, y)], _fullLayout: { xaxis: axis(10, 100, 10), yaxis: axis(5, 50, 5) } })

test("a row lies where its value is, from the upper left corner", () => {
  const gd = chart([0, 10, 4, 11], [0, 5, 2, 1])
  assert.deepEqual(overlay.placeOf(gd, 0), { x: 10, y: 55 })
  assert.deepEqual(overlay.placeOf(gd, 1), { x: 110, y: 5 })
  assert.deepEqual(overlay.placeOf(gd, 2), { x: 50, y: 35 })
  assert.equal(overlay.placeOf(gd, 3), null) // out of sight
  for (const row of [-1, 4, undefined, null, NaN]) assert.equal(overlay.placeOf(gd, row), null)
})

test("an axis that runs backward is read as one", () => {
  const gd = chart([0, 10], [0, 5])
  gd._fullLayout.xaxis.range = [10, 0]
  assert.deepEqual(overlay.placeOf(gd, 0), { x: 110, y: 55 })
  const { x } = overlay.planeOf(gd)
  assert.deepEqual([x.low, x.high, x.scale], [0, 10, -10])
})

test("a chart without the trace, or with other axes, has no plane", () => {
  assert.equal(overlay.planeOf({}), null)
  assert.equal(overlay.planeOf({ _fullData: [{ ...trace([1], [1]), visible: "legendonly" }], _fullLayout: {} }), null)
  const gd = chart([1], [1])
  gd._fullLayout.yaxis.type = "log"
  assert.equal(overlay.planeOf(gd), null)
})

test("a matrix is read column by column", () => {
  const matrix = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
  assert.deepEqual(overlay.multiply([1, 0, 0, 0], matrix), [1, 2, 3, 4])
  assert.deepEqual(overlay.multiply([1, 1, 1, 1], matrix), [28, 32, 36, 40])
})

test("a point in space lies in the middle where all three matrices leave it, and none lies behind the eye", () => {
  const one = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const at = (left, top, width, height) => ({ getBoundingClientRect: () => ({ left, top, width, height }) })
  const scene = (projection) => ({
    glplot: { cameraParams: { model: one, view: one, projection } },
    dataScale: [0.5, 1, 1],
    container: at(20, 30, 200, 100),
  })
  const gd = at(10, 10, 300, 300)
  assert.deepEqual(overlay.project(gd, [0, 0, 0], scene(one)), { x: 110, y: 70 })
  assert.deepEqual(overlay.project(gd, [2, 1, 0], scene(one)), { x: 210, y: 20 })
  assert.equal(overlay.project(gd, [0, 0, 0], scene(one.map((value, index) => (index === 15 ? -1 : value)))), null)
  assert.equal(overlay.project(gd, [0, 0, 0], undefined), null)
})

test("two boxes overlap only where both their spans do", () => {
  const box = (left, top) => ({ left, right: left + 10, top, bottom: top + 10 })
  assert.equal(overlay.overlap(box(0, 0), box(9, 9)), true)
  assert.equal(overlay.overlap(box(0, 0), box(10, 0)), false)
  assert.equal(overlay.overlap(box(0, 0), box(0, 10)), false)
})

test("bytes, control characters and gaps are not written unasked", () => {
  for (const label of ["\\xe2\\x80", "\\u0001", "∅", ""]) assert.ok(overlay.UNSPOKEN.test(label))
  for (const label of ["list", "␣list", "\\", "x"]) assert.ok(!overlay.UNSPOKEN.test(label))
})

test("each cell of the grid names its lowest row with a word, and no point out of sight", () => {
  const [x, y] = [
    { low: 0, high: 256, scale: 1 },
    { low: 0, high: 64, scale: -1 },
  ]
  // Cells are 128 × 32 units. Rows 0 and 1 share one, 2 is a byte beside 3, 4 is out of sight.
  const points = { x: [5, 6, 130, 131, 300], y: [5, 6, 40, 41, 5] }
  const words = ["a", "b", "\\x80", "d", "e"]
  assert.deepEqual([...overlay.firstOfCells(points, x, y, (row) => words[row])], [0, 3])
})

test("labels do not overlap, those asked for come first, and all are in sight", () => {
  const plane = overlay.planeOf({
    _fullData: [trace([50, 51, 90, 0, 50.5], [25, 25, 25, 25, 25])],
    _fullLayout: { xaxis: axis(100, 400, 0), yaxis: axis(50, 200, 0) },
  })
  const labels = overlay.chooseLabels(plane.trace, plane.x, plane.y, {
    first: new Set([1, 9]),
    textOf: (row) => `token ${row}`,
    widthOf: () => 60,
  })
  assert.equal(labels[0].row, 1)
  assert.equal(labels[0].isFirst, true)
  assert.ok(labels.every(({ left, top }) => left >= 0 && left + 60 <= 400 && top >= 0 && top + 14 <= 200))
  for (const one of labels) for (const other of labels) if (one !== other) assert.ok(!overlay.overlap(one.box, other.box))
  // Row 0 stands below its point, for row 1 has the place above; row 3 would leave the chart, and row 4 finds no room.
  assert.deepEqual(labels.map(({ row }) => row), [1, 0, 2])
  assert.ok(labels[1].top > labels[0].top)
})

test("labels leave free what is taken, and named points come before rows", () => {
  const plane = overlay.planeOf({
    _fullData: [trace([50, 10], [25, 10])],
    _fullLayout: { xaxis: axis(100, 400, 0), yaxis: axis(50, 200, 0) },
  })
  const labels = overlay.chooseLabels(plane.trace, plane.x, plane.y, {
    first: new Set(),
    textOf: (row) => `token ${row}`,
    widthOf: () => 60,
    named: [{ key: "text 0", text: "0 A", point: [51, 25] }],
    taken: [{ left: 0, right: 100, top: 120, bottom: 200 }],
  })
  assert.deepEqual(labels.map(({ text }) => text), ["0 A", "token 0"]) // row 1 lies in what is taken
  assert.equal(labels[0].top < labels[1].top, true)
})

test("in space the lowest rows that are words keep their labels", () => {
  const words = ["!", "a", "the", "␣list", "\\x80", "ing", "1999"]
  assert.deepEqual(overlay.firstWords(7, (row) => words[row], 3), [2, 3, 5])
})

test("a view is a window in whole steps, a camera to three decimals, and nothing for the whole map", () => {
  const flat = (autorange) => ({ xaxis: { autorange, range: [-1.4, 10.6] }, yaxis: { autorange, range: [0, 5] } })
  assert.equal(overlay.viewOf({ _fullLayout: flat(false) }), "-1,11,0,5")
  assert.equal(overlay.viewOf({ _fullLayout: flat(true) }), "")
  const place = (x, y, z) => ({ x, y, z })
  const camera = { eye: place(1.25, 0.33333, 0), center: place(0, 0, -0.1), up: place(0, 0, 1) }
  assert.equal(overlay.viewOf({ _fullLayout: { scene: { camera } } }, []), "1.25,0.333,0,0,0,-0.1,0,0,1")
  assert.equal(overlay.viewOf({ _fullLayout: { scene: { camera } } }, [1.25, 0.3333, 0, 0, 0, -0.1, 0, 0, 1]), "")
})

test("moves are told from other changes of a layout", () => {
  for (const name of ["xaxis.range[0]", "yaxis.range", "xaxis.autorange", "scene.camera"]) assert.ok(overlay.isMove({ [name]: 1 }))
  for (const change of [undefined, {}, { dragmode: "pan" }, { selections: [] }]) assert.ok(!overlay.isMove(change))
  assert.ok(overlay.near([0, 1000.5], [0, 1000]))
  assert.ok(!overlay.near([0, 1010], [0, 1000]))
  assert.ok(!overlay.near(undefined, [0, 1000]))
})

test("a saved picture has the labels as they are written, and the layout is afterwards as before", () => {
  const labels = [{ text: "<b> $x$ & y", point: [1, 2], place: { x: 0, y: 50 }, top: 31, isFirst: true }]
  const [annotation] = overlay.annotationsOf(labels, "red", 12)
  assert.equal(annotation.text, "<b>&lt;b&gt; &#36;x&#36; &amp; y</b>")
  assert.deepEqual([annotation.x, annotation.y, annotation.z, annotation.yanchor], [1, 2, undefined, "bottom"])
  const own = [{ text: "own" }]
  const layout = { annotations: own, showlegend: false, scene: {} }
  const restore = overlay.withLabels(layout, [annotation], { isSpace: false, hasLegend: true })
  assert.deepEqual([layout.annotations.length, layout.showlegend], [2, true])
  restore()
  assert.deepEqual([layout.annotations, layout.showlegend], [own, false])
  overlay.withLabels(layout, [annotation], { isSpace: true, hasLegend: false })()
  assert.equal(layout.scene.annotations, undefined)
})
