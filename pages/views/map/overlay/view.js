// The part of a map that is in sight, as the address holds it. Joined with overlay.js.

/** Return the view of a chart as text, "" for the whole map: a window in whole steps, or a camera to three decimals. */
function viewOf({ _fullLayout: layout }, home = []) {
  if (!layout.scene) {
    const { xaxis: x, yaxis: y } = layout
    return x.autorange && y.autorange ? "" : [...x.range, ...y.range].map(Math.round).join()
  }
  const { eye, center, up } = layout.scene.camera
  const camera = [eye, center, up].flatMap((place) => [place.x, place.y, place.z])
  const isHome = home.length > 0 && camera.every((number, index) => Math.abs(number - home[index]) < 0.001)
  return isHome ? "" : camera.map((number) => Number(number.toFixed(3))).join()
}

/** Say whether two ranges are the same, to a thousandth of their length. */
function near(one, other) {
  return Array.isArray(one) && one.every((end, index) => Math.abs(end - other[index]) <= 0.001 * Math.abs(other[1] - other[0]))
}

/** Say whether what Plotly tells of a new layout is of the reader's moving through the map. */
function isMove(change) {
  return Object.keys(change ?? {}).some((name) => /^([xy]axis\.(auto)?range|scene\.camera)/.test(name))
}

/** Write one parameter into the address, "" takes it out, without a new entry in the history and without a run. */
function writeInAddress(name, value) {
  const address = new URL(location.href)
  if ((address.searchParams.get(name) ?? "") === value) return
  if (value) address.searchParams.set(name, value)
  else address.searchParams.delete(name)
  history.replaceState(history.state, "", address)
}
