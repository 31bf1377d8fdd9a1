// Where a map's points are drawn, in pixels from the chart's upper left corner. Joined with overlay.js.

function traceOf(gd) {
  return gd._fullData?.find((trace) => trace.name === "vocabulary" && trace.visible === true && trace.x?.length)
}

/** Return how a 2-D chart's axes map to pixels now, in the middle of a drag too; null for a 3-D chart. */
function planeOf(gd) {
  const trace = traceOf(gd)
  const { xaxis, yaxis } = gd._fullLayout ?? {}
  if (!trace || trace.z || xaxis?.type !== "linear" || yaxis?.type !== "linear") return null
  const axis = ({ range: [from, to], _length, _offset }, isUp) => {
    const scale = ((isUp ? -1 : 1) * _length) / (to - from)
    const zero = _offset + (isUp ? _length : 0) - from * scale // the pixel of the value 0
    return { low: Math.min(from, to), high: Math.max(from, to), scale, zero, start: _offset, end: _offset + _length }
  }
  return { trace, x: axis(xaxis, false), y: axis(yaxis, true) }
}

/** Return where a row is drawn, or null where it is not in sight. */
function placeOf(gd, row) {
  const trace = traceOf(gd)
  if (!trace || !(row >= 0 && row < trace.x.length)) return null
  if (trace.z) return project(gd, [trace.x[row], trace.y[row], trace.z[row]], gd._fullLayout[trace.scene]?._scene)
  const plane = planeOf(gd)
  if (!plane || !isIn(trace.x[row], plane.x) || !isIn(trace.y[row], plane.y)) return null
  return { x: plane.x.zero + trace.x[row] * plane.x.scale, y: plane.y.zero + trace.y[row] * plane.y.scale }
}

function isIn(value, { low, high }) {
  return value >= low && value <= high
}

/** Do as Plotly does for its own 3-D annotations: data × scale, then model, view and projection. */
function project(gd, coordinates, scene) {
  const camera = scene?.glplot?.cameraParams
  if (!camera || !scene.dataScale || !scene.container) return null
  const start = [...coordinates.map((value, axis) => value * scene.dataScale[axis]), 1]
  const [x, y, , w] = [camera.model, camera.view, camera.projection].reduce(multiply, start)
  if (!(w > 0)) return null // behind the eye
  const [chart, view] = [gd.getBoundingClientRect(), scene.container.getBoundingClientRect()]
  const [left, top] = [view.left - chart.left, view.top - chart.top]
  return { x: left + (0.5 + (0.5 * x) / w) * view.width, y: top + (0.5 - (0.5 * y) / w) * view.height }
}

/** Return matrix × vector, the matrix column by column as WebGL has it. */
function multiply(vector, matrix) {
  return [0, 1, 2, 3].map((row) => vector.reduce((sum, value, column) => sum + matrix[4 * column + row] * value, 0))
}
