// Which labels a view has room for. Joined with overlay.js into one module.

const MAX_LABELS = 60
const LINE = 14 // a label's height in pixels, as in the style sheet
const GAP = 3 // pixels between two labels
const RISE = 5 // pixels from a point to its label
const CELL = { width: 84, height: 24 } // pixels: each cell of the grid is 1 to 2 times as wide and as high
const WORD = /^␣?[\p{L}\p{N}]{3,}$/u // three letters or more
const UNSPOKEN = /^(\\[xuU]|∅|$)/ // bytes, control characters and gaps: written on hover, or where they come first

/**
 * Return labels of a flat map that do not overlap: those of `named` points, in order, those of the rows `first`, then of
 * each cell of a grid its first row. `x` and `y` are the axes: values in sight (low … high), the pixel of 0, pixels per
 * unit, the pixels in sight. `taken` are boxes that stay free.
 */
function chooseLabels(trace, x, y, { first, textOf, widthOf, named = [], taken = [] }) {
  const isInside = (row) => isIn(trace.x[row], x) && isIn(trace.y[row], y)
  const rows = new Set([...[...first].filter(isInside), ...firstOfCells(trace, x, y, textOf)])
  const at = (px, py) => ({ x: x.zero + px * x.scale, y: y.zero + py * y.scale })
  const candidates = [
    ...named.map(({ point, ...rest }) => ({ ...rest, point, place: at(...point) })),
    ...[...rows].map((row) => ({ row, text: textOf(row), isFirst: first.has(row), point: [trace.x[row], trace.y[row]] })),
  ]
  for (const each of candidates) each.place ??= at(...each.point)
  return placeLabels(candidates, { left: x.start, right: x.end, top: y.start, bottom: y.end }, widthOf, taken)
}

/**
 * Return those of `candidates`, in order, that have room in the box `sight`: above their place in pixels, or below. A row
 * that a candidate names (`namesRow`) gets no second label.
 */
function placeLabels(candidates, sight, widthOf, taken) {
  const [chosen, boxes] = [[], [...taken]]
  const namedRows = new Set(candidates.map(({ namesRow }) => namesRow))
  for (const candidate of candidates) {
    if (chosen.length >= MAX_LABELS) break
    const { row, text, place, isFirst } = candidate
    if (row !== undefined && namedRows.has(row)) continue
    const width = widthOf(text, isFirst)
    const left = place.x - width / 2
    for (const top of [place.y - LINE - RISE, place.y + RISE]) {
      if (left < sight.left || left + width > sight.right || top < sight.top || top + LINE > sight.bottom) continue
      const box = { left: left - GAP / 2, right: left + width + GAP / 2, top, bottom: top + LINE + 1 }
      if (boxes.some((other) => overlap(other, box))) continue
      boxes.push(box)
      chosen.push({ ...candidate, left, top, box })
      break
    }
  }
  return chosen
}

/** Return the lowest rows that are words, `n_most` of them: in space the same points keep their labels while it turns. */
function firstWords(n_rows, textOf, n_most) {
  const rows = []
  for (let row = 0; row < n_rows && rows.length < n_most; row++) if (WORD.test(textOf(row))) rows.push(row)
  return rows
}

/**
 * Return the first visible row with a word in each cell of a grid, in order: few candidates for any number of points.
 * The grid's lines lie on multiples of a power of two in data units, so that panning never changes the choice and
 * zooming in splits each cell in two: what was labeled stays, and more comes.
 */
function firstOfCells({ x: xs, y: ys }, x, y, textOf) {
  const width = 2 ** Math.ceil(Math.log2(CELL.width / Math.abs(x.scale)))
  const height = 2 ** Math.ceil(Math.log2(CELL.height / Math.abs(y.scale)))
  const [left, bottom] = [Math.floor(x.low / width), Math.floor(y.low / height)]
  const n_columns = Math.floor(x.high / width) - left + 1
  const first = new Int32Array(n_columns * (Math.floor(y.high / height) - bottom + 1)).fill(-1)
  const { low: west, high: east } = x
  const { low: south, high: north } = y
  for (let row = 0; row < xs.length; row++) { // plain on purpose: this is the only loop over all points
    const px = xs[row]
    const py = ys[row]
    if (!(px >= west && px <= east && py >= south && py <= north)) continue
    const cell = (Math.floor(py / height) - bottom) * n_columns + Math.floor(px / width) - left
    if (first[cell] < 0 && !UNSPOKEN.test(textOf(row))) first[cell] = row
  }
  return first.filter((row) => row >= 0).sort()
}

function overlap(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text })
}

/** Write a token's label into `node`, its drawn spaces faint. */
function spell(node, label) {
  node.replaceChildren(
    ...label.split(/(␣+)/).filter(Boolean).map((part) => (part[0] === "␣" ? element("span", "space", part) : part)),
  )
  return node
}
