// Which labels a view has room for. Joined with overlay.js into one module.

const MAX_LABELS = 60
const LINE = 14 // a label's height in pixels, as in the style sheet
const GAP = 3 // pixels between two labels
const RISE = 5 // pixels from a point to its label
const CELL = { width: 84, height: 24 } // pixels: each cell of the grid is 1 to 2 times as wide and as high
const UNSPOKEN = /^(\\[xuU]|∅|$)/ // bytes, control characters and gaps: written on hover, or where they come first

/**
 * Return labels that do not overlap: those of the rows `first`, in order, then of each cell of a grid its first row.
 * `x` and `y` are the axes: values in sight (low … high), the pixel of 0, pixels per unit, the pixels in sight.
 */
function chooseLabels(trace, x, y, { first, textOf, widthOf }) {
  const chosen = []
  const isInside = (row) => isIn(trace.x[row], x) && isIn(trace.y[row], y)
  for (const row of new Set([...[...first].filter(isInside), ...firstOfCells(trace, x, y, textOf)])) {
    if (chosen.length >= MAX_LABELS) break
    const [text, isFirst] = [textOf(row), first.has(row)]
    const width = widthOf(text, isFirst)
    const left = x.zero + trace.x[row] * x.scale - width / 2
    const point = y.zero + trace.y[row] * y.scale
    for (const top of [point - LINE - RISE, point + RISE]) {
      if (left < x.start || left + width > x.end || top < y.start || top + LINE > y.end) continue
      const box = { left: left - GAP / 2, right: left + width + GAP / 2, top, bottom: top + LINE + 1 }
      if (chosen.some((other) => overlap(other.box, box))) continue
      chosen.push({ row, text, isFirst, left, top, box })
      break
    }
  }
  return chosen
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
