// Draws over Plotly charts what a chart in Streamlit cannot: labels fetched once, hover linked between charts, labels
// that thin out, clicks and boxes. What a token says is only ever set as text, never parsed: tokens can be markup.

const POLL_MS = 250 // how often the page is searched for a chart that React has mounted again
const WRITE_MS = 200 // how long after a move the address is written
const SIZE = 12 // of a label's letters, in pixels, as in the style sheet
const N_IN_SPACE = 400 // points in space that may get a label
const [STILL, PICK_MS] = [4, 100] // a press that moves less pixels is a click; what Plotly needs to find a 3-D point
const THEME = ["text-color", "background-color", "border-color", "primary-color", "font"]
const BASE = new URL("../..", document.querySelector('script[src*="static/js/"]').src) // the app's, wherever it lives

const vocabularies = new Map() // address → promise of the labels there: one request per page load
const overlays = new WeakMap() // the component's root → its Overlay: Streamlit calls us again at every change
const owners = new WeakMap() // a chart's element → the Chart that listens to it: never two

export default function (component) {
  const root = component.parentElement
  if (!overlays.has(root)) overlays.set(root, new Overlay(root))
  overlays.get(root).update(component)
  return () => {
    overlays.get(root)?.close()
    overlays.delete(root)
  }
}

function fetchLabels(address) {
  if (!vocabularies.has(address)) {
    const answer = fetch(new URL(address, BASE))
      .then((response) => (response.ok ? response.json() : Promise.reject(response.status)))
      .catch(() => vocabularies.delete(address) && []) // ids alone until the next change of the page asks again
    vocabularies.set(address, answer)
  }
  return vocabularies.get(address)
}

/** One component on the page: the charts it has found so far, and what they share. */
class Overlay {
  constructor(root) {
    this.root = root
    this.charts = new Map()
    this.labels = []
    this.timer = setInterval(() => this.poll(), POLL_MS)
    this.onFonts = () => this.charts.forEach((chart) => chart.remeasure())
    document.fonts.addEventListener("loadingdone", this.onFonts)
    this.page = location.pathname
    // The browser goes back to another view: the address is right, and what is drawn follows it.
    this.onBack = () => this.charts.forEach((chart) => (chart.view = null))
    window.addEventListener("popstate", this.onBack)
    const container = root.host?.closest('[data-testid="stElementContainer"]')
    if (container) container.style.display = "none" // it shows nothing: leave no gap under the chart
  }

  update({ data, setTriggerValue }) {
    const isFresh = data.labels !== this.data?.labels || !this.labels.length
    Object.assign(this, { data, setTriggerValue })
    this.poll()
    for (const chart of this.charts.values()) chart.restyle()
    if (!isFresh) return
    this.labels = []
    for (const chart of this.charts.values()) chart.write([])
    fetchLabels(data.labels).then((labels) => {
      if (this.data.labels !== data.labels) return
      this.labels = labels
      for (const chart of this.charts.values()) chart.schedule()
    })
  }

  poll() {
    for (const [key, chart] of this.charts) {
      if (!this.data.charts.includes(key) || chart.isGone()) {
        chart.close()
        this.charts.delete(key)
      }
    }
    for (const key of this.data.charts) {
      const name = key.trim().replace(/[^a-zA-Z0-9_-]/g, "-") // as Streamlit writes a key into a class
      const gd = document.querySelector(`.st-key-${name} .js-plotly-plot`)
      if (gd?._ev && gd._fullLayout && !this.charts.has(key)) this.charts.set(key, new Chart(this, key, gd))
    }
    for (const chart of this.charts.values()) chart.keepInAddress()
  }

  /** Return what is in sight of the charts that the reader has moved in. */
  seen() {
    const moved = [...this.charts].filter(([key, chart]) => chart.view !== null && this.data.views[key])
    return Object.fromEntries(moved.map(([key, chart]) => [key, chart.view]))
  }

  /** Tell it, for the next run (see sight.py). A run that the overlay itself begins is told with its reason. */
  tell() {
    window.dispatchEvent(new CustomEvent("embedcore-views", { detail: this.seen() }))
  }

  hover(id, source) {
    for (const chart of this.charts.values()) chart.mark(id, chart === source)
  }

  close() {
    clearInterval(this.timer)
    document.fonts.removeEventListener("loadingdone", this.onFonts)
    window.removeEventListener("popstate", this.onBack)
    for (const chart of this.charts.values()) chart.close()
    this.charts.clear()
  }
}

/** One Plotly chart: its listeners, and what is drawn over it. */
class Chart {
  constructor(overlay, key, gd) {
    owners.get(gd)?.close()
    owners.set(gd, this)
    // Plotly drops the emitter with all its listeners when it purges an element: another emitter is another chart.
    Object.assign(this, { overlay, key, gd, emitter: gd._ev, labelNodes: new Map(), marked: null, pointed: null, view: null })
    this.build()
    const redraw = () => this.schedule()
    this.listeners = {
      plotly_hover: (event) => this.hovered(event.points[0]),
      plotly_unhover: () => this.hovered(null),
      // In 3-D Plotly reports a click for each point that a drag passes
      plotly_click: ({ points: [point] }) => (this.isSpace() ? this.hovered(point) : this.clicked(this.idOf(point))),
      plotly_selected: (event) => this.boxed(event?.range),
      plotly_deselect: () => this.boxed(null),
      plotly_relayout: (change) => this.moved(change),
      plotly_relayouting: redraw,
      plotly_afterplot: redraw,
    }
    for (const [name, listener] of Object.entries(this.listeners)) this.emitter.on(name, listener)
    this.aborter = new AbortController()
    gd.addEventListener("pointerdown", (event) => (this.pressed = event), { signal: this.aborter.signal })
    gd.addEventListener("pointerup", (event) => this.released(event), { signal: this.aborter.signal })
    gd.addEventListener("click", (event) => this.saving(event), { capture: true, signal: this.aborter.signal })
    this.restyle()
  }

  build() {
    this.host = element("div", "map-overlay")
    Object.assign(this.host.style, { position: "absolute", inset: "0", pointerEvents: "none", zIndex: "1" })
    const shadow = this.host.attachShadow({ mode: "open" })
    const style = element("style", "", this.overlay.root.querySelector("style").textContent)
    this.labelBox = element("div", "labels")
    const front = element("div", "front")
    this.ring = element("div", "ring")
    this.tooltip = element("div", "tooltip")
    for (const part of [this.labelBox, front]) part.setAttribute("aria-hidden", "true")
    this.ring.hidden = this.tooltip.hidden = true
    front.append(this.ring, this.tooltip)
    this.button = Object.assign(element("button", "", "Select an area"), { type: "button", hidden: true })
    this.button.onclick = () => this.setDragMode(this.gd._fullLayout.dragmode === "select" ? "pan" : "select")
    this.whole = Object.assign(element("button", "whole", "Whole map"), { type: "button", hidden: true })
    this.whole.onclick = () => this.showWhole()
    this.buttons = element("div", "buttons")
    this.buttons.append(this.button, this.whole)
    shadow.append(style, this.labelBox, front, this.buttons)
    if (getComputedStyle(this.gd).position === "static") this.gd.style.position = "relative"
    this.gd.append(this.host)
  }

  /** Take over the page's colors and the component's data. */
  restyle() {
    const theme = getComputedStyle(this.overlay.root.host)
    for (const name of THEME) this.host.style.setProperty(`--st-${name}`, theme.getPropertyValue(`--st-${name}`))
    const ids = this.overlay.data.ids[this.key]
    this.ids = ids ?? null
    this.rows = ids ? new Map(ids.map((id, row) => [id, row])) : null
    this.inSpace = null
    const font = theme.getPropertyValue("--st-font") || "sans-serif"
    if (font !== this.font) Object.assign(this, { font, widths: new Map() })
    this.schedule()
  }

  /** Measure the labels again, for a font has arrived. */
  remeasure() {
    this.widths.clear()
    this.schedule()
  }

  isGone() {
    const { gd, host } = this
    return !gd.isConnected || gd._ev !== this.emitter || host.parentNode !== gd || owners.get(gd) !== this
  }

  close() {
    for (const [name, listener] of Object.entries(this.listeners)) this.emitter.removeListener(name, listener)
    clearTimeout(this.writing)
    this.aborter.abort()
    cancelAnimationFrame(this.frame)
    this.host.remove()
    if (owners.get(this.gd) === this) owners.delete(this.gd)
  }

  schedule() {
    cancelAnimationFrame(this.frame)
    this.frame = requestAnimationFrame(() => this.draw())
  }

  draw() {
    if (this.isGone() || !this.gd._fullLayout) return
    const plane = planeOf(this.gd)
    if (plane) this.fit()
    this.button.hidden = !plane || !this.overlay.data.boxes || !this.dragButton()
    this.button.setAttribute("aria-pressed", String(this.gd._fullLayout?.dragmode === "select"))
    this.whole.hidden = !this.parameter() || viewOf(this.gd, this.home()) === ""
    const started = performance.now()
    this.labels = plane ? this.labelsIn(plane) : this.isSpace() ? this.labelsInSpace() : []
    this.write(this.labels)
    this.host.dataset.passMs = (performance.now() - started).toFixed(2)
    if (this.marked) this.mark(this.marked.id, this.marked.isSource)
  }

  // The view

  /** Return the name that the view of this chart has in the address; undefined where it has none. */
  parameter() {
    return this.overlay.data.views[this.key]
  }

  home() {
    return this.overlay.data.homes[this.key]
  }

  /** Note a move of the reader's; the address follows when it has ended. */
  moved(change) {
    this.schedule()
    const window = this.window()
    const isOurs = window && near(change["xaxis.range"], window.slice(0, 2)) && near(change["yaxis.range"], window.slice(2))
    if (isOurs || !isMove(change)) return
    clearTimeout(this.writing)
    this.writing = setTimeout(() => {
      this.note()
      this.overlay.tell()
    }, WRITE_MS)
  }

  /** Take what is in sight now as the reader's view, if the reader has moved. */
  note() {
    clearTimeout(this.writing)
    this.writing = null
    this.view = viewOf(this.gd, this.home())
    this.keepInAddress()
  }

  /** Return the window that a flat chart is to show: the reader's, or the one that it was drawn with. */
  window() {
    const numbers = this.view?.split(",").map(Number) ?? this.overlay.data.windows[this.key] ?? []
    return numbers.length === 4 ? numbers : null
  }

  /**
   * Show the window again in a chart of another size: to keep its units equally long on both axes, Plotly widens what is
   * in sight with each change of its size, and never narrows it.
   */
  fit() {
    const { xaxis, yaxis } = this.gd._fullLayout
    const [size, window] = [`${xaxis._length} ${yaxis._length}`, this.window()]
    if (size === this.fitted || !window || this.writing || viewOf(this.gd) === "") return
    this.fitted = size
    const [x0, x1, y0, y1] = window
    const isFit = near(xaxis.range, [x0, x1]) || near(yaxis.range, [y0, y1])
    if (isFit) return
    Object.assign(xaxis, { _rangeInitial0: x0, _rangeInitial1: x1 })
    Object.assign(yaxis, { _rangeInitial0: y0, _rangeInitial1: y1 })
    this.press('.modebar-btn[data-attr="zoom"]', { val: "reset" })
  }

  /** Press one of Plotly's buttons as if it were another of the same kind. */
  press(selector, data) {
    const button = this.gd.querySelector(selector)
    if (!button) return
    const own = { ...button.dataset }
    Object.assign(button.dataset, data)
    button.click()
    Object.assign(button.dataset, own)
  }

  /** Write the reader's view again where a run of the page, begun before the last move, wrote an older one. */
  keepInAddress() {
    if (this.view === null || this.writing || !this.parameter() || location.pathname !== this.overlay.page) return
    writeInAddress(this.parameter(), this.view)
  }

  showWhole() {
    const auto = this.gd.querySelector('.modebar-btn[data-attr="zoom"][data-val="auto"]')
    if (auto && !this.isSpace()) return auto.click()
    this.view = null // the page draws it anew
    return this.overlay.setTriggerValue("whole", this.key)
  }

  // The saved picture

  saving({ target }) {
    if (!target.closest?.('.modebar-btn[data-title^="Download plot"]')) return
    const { layout, _fullData, _fullLayout } = this.gd
    const annotations = annotationsOf(this.labels ?? [], _fullLayout.font.color, SIZE)
    const hasLegend = _fullData.some((trace) => trace.showlegend)
    setTimeout(withLabels(layout, annotations, { isSpace: this.isSpace(), hasLegend }))
  }

  // Tokens and rows

  idAt(row) {
    return this.ids ? this.ids[row] : row
  }

  rowOf(id) {
    return this.rows ? this.rows.get(id) : id
  }

  /** Return the id that a point has in its own chart's vocabulary. */
  ownIdOf(id) {
    return this.overlay.data.ownIds[this.key]?.[this.rowOf(id)] ?? id
  }

  idOf(point) {
    const name = point?.fullData?.name ?? point?.data?.name
    const id = name === "vocabulary" ? this.idAt(point.pointNumber) : name === "matches" ? point.customdata : null
    return Number.isInteger(id) ? id : null
  }

  // Hover, clicks, boxes

  mark(id, isSource) {
    this.marked = id === null ? null : { id, isSource }
    const place = id === null ? null : placeOf(this.gd, this.rowOf(id))
    this.ring.hidden = !place
    this.tooltip.hidden = !place || !isSource
    if (!place) return
    this.ring.style.transform = `translate(${place.x}px, ${place.y}px)`
    if (!isSource) return
    const more = [`id ${this.ownIdOf(id)}`, this.valueOf(this.rowOf(id))].filter(Boolean).join(" · ")
    const token = spell(element("div", "token"), this.overlay.labels[id] ?? "")
    this.tooltip.replaceChildren(token, element("div", "more", more))
    const { offsetWidth: width, offsetHeight: height } = this.tooltip
    const x = place.x + 14 + width > this.gd.clientWidth ? place.x - 14 - width : place.x + 14
    const y = Math.min(Math.max(place.y - height / 2, 2), this.gd.clientHeight - height - 2)
    this.tooltip.style.transform = `translate(${Math.max(x, 2)}px, ${y}px)`
  }

  valueOf(row) {
    const value = this.overlay.data.values[this.key]
    const number = traceOf(this.gd)?.marker?.color?.[row]
    if (!value || typeof number !== "number") return ""
    if (value.words.length) return `${value.name} ${value.words[number] ?? ""}`
    return `${value.name} ${String(Number((value.offset + value.unit * number).toPrecision(3))).replace(/^-/, "−")}`
  }

  isSpace() {
    return Boolean(traceOf(this.gd)?.z)
  }

  hovered(point) {
    this.pointed = this.idOf(point)
    this.overlay.hover(this.pointed, this)
  }

  clicked(id) {
    const { data, setTriggerValue } = this.overlay
    if (this.writing) this.note()
    if (id !== null && id >= 0) setTriggerValue("clicked", { id, tokenizer: data.tokenizer, views: this.overlay.seen() })
  }

  /** Take a press without a move in 3-D as a click, after the moment that Plotly needs to find the point. */
  released({ clientX, clientY, target }) {
    if (!this.isSpace() || !this.pressed || target.closest(".modebar, .map-overlay")) return
    const isStill = Math.hypot(clientX - this.pressed.clientX, clientY - this.pressed.clientY) < STILL
    if (isStill) setTimeout(() => this.clicked(this.pointed), PICK_MS)
  }

  boxed(range) {
    const ends = (values) => values && [Math.min(...values), Math.max(...values)]
    const box = { chart: this.key, x: ends(range?.x) ?? null, y: ends(range?.y) ?? null }
    const said = JSON.stringify(box)
    if (!this.overlay.data.boxes || said === this.said || (!box.x && !this.said)) return
    this.said = box.x ? said : null
    if (this.writing) this.note()
    this.overlay.setTriggerValue("boxed", { ...box, views: this.overlay.seen() })
  }

  dragButton() {
    return this.gd.querySelector('.modebar-btn[data-attr="dragmode"]')
  }

  /** Change what a drag does. Streamlit takes Plotly's button for "select" away, so another drag button is clicked as this one. */
  setDragMode(mode) {
    this.press('.modebar-btn[data-attr="dragmode"]', { val: mode })
    this.gd._fullLayout._modeBar?.updateActiveButton?.()
  }

  // Labels

  /** Return the points that are named whatever the zoom: the text's, then those that were found. */
  named() {
    const { labels, data } = this.overlay
    const points = ({ x, y, z }, index) => (z ? [x[index], y[index], z[index]] : [x[index], y[index]])
    const trace = (name) => this.gd._fullData.find((each) => each.name === name && each.visible === true)
    const [text, found] = [trace("input vectors"), trace("matches")]
    const ids = found && found.x.length <= data.mostNamed ? [...(found.customdata ?? [])] : []
    const color = found?.marker.color
    return [
      ...(text ? (data.texts[this.key] ?? []) : []).map((label, index) => ({ key: `text ${index}`, text: label, point: points(text, index) })),
      ...ids.map((id, index) => ({ key: `found ${id}`, namesRow: this.rowOf(id), text: labels[id] ?? "", isFirst: true, color, point: points(found, index) })),
    ].filter(({ text: written }) => written)
  }

  /** Return boxes, in pixels of the chart, that labels leave free: what Plotly writes, and the buttons. */
  taken() {
    const chart = this.gd.getBoundingClientRect()
    const written = [...this.gd.querySelectorAll(".infolayer .annotation")]
    return [...written, this.button, this.whole].map((node) => node.getBoundingClientRect()).filter((box) => box.width)
      .map(({ left, right, top, bottom }) => ({
        left: left - chart.left, right: right - chart.left, top: top - chart.top, bottom: bottom - chart.top,
      }))
  }

  /** Return the rows that are labeled first, where labels are shown at all. */
  first(n_rows) {
    const { labels, data } = this.overlay
    return new Set(data.showLabels && labels.length ? data.priority.map((id) => this.rowOf(id)).filter((row) => row < n_rows) : [])
  }

  /** Return the labels to write now. */
  labelsIn({ trace, x, y }) {
    const { labels, data } = this.overlay
    return chooseLabels(trace, x, y, {
      first: this.first(trace.x.length),
      textOf: (row) => (data.showLabels ? (labels[this.idAt(row)] ?? "") : ""),
      widthOf: (text, isFirst) => this.widthOf(text, isFirst),
      named: this.named(),
      taken: this.taken(),
    })
  }

  /** Return the labels to write in space now: the same points', wherever it is turned. */
  labelsInSpace() {
    const { labels, data } = this.overlay
    const trace = traceOf(this.gd)
    const scene = this.gd._fullLayout[trace.scene]?._scene
    if (!scene?.container) return []
    const textOf = (row) => labels[this.idAt(row)] ?? ""
    const first = this.first(trace.x.length)
    this.inSpace ??= labels.length ? firstWords(trace.x.length, textOf, N_IN_SPACE) : null
    const rows = data.showLabels ? new Set([...first, ...(this.inSpace ?? [])]) : []
    const candidates = [
      ...this.named(),
      ...[...rows].map((row) => ({ row, text: textOf(row), isFirst: first.has(row), point: [trace.x[row], trace.y[row], trace.z[row]] })),
    ]
    for (const each of candidates) each.place = project(this.gd, each.point, scene)
    const [chart, sight] = [this.gd.getBoundingClientRect(), scene.container.getBoundingClientRect()]
    const box = { left: sight.left - chart.left, right: sight.right - chart.left, top: sight.top - chart.top, bottom: sight.bottom - chart.top }
    const widthOf = (text, isFirst) => this.widthOf(text, isFirst)
    return placeLabels(candidates.filter(({ place }) => place), box, widthOf, this.taken())
  }

  widthOf(text, isFirst) {
    const key = `${isFirst}${text}`
    if (!this.widths.has(key)) {
      this.ink ??= document.createElement("canvas").getContext("2d")
      this.ink.font = `${isFirst ? 600 : 400} ${SIZE}px ${this.font}, sans-serif`
      this.widths.set(key, Math.ceil(this.ink.measureText(text).width) + 1)
    }
    return this.widths.get(key)
  }

  /** Move the labels that stay, so that they do not blink; add and take away the others. */
  write(labels) {
    const kept = new Map()
    for (const { key, row, text, left, top, isFirst, color } of labels) {
      const id = key ?? this.idAt(row)
      const node = this.labelNodes.get(id) ?? this.labelBox.appendChild(spell(element("div", "label"), text))
      node.classList.toggle("first", Boolean(isFirst))
      node.classList.toggle("named", key !== undefined)
      node.style.color = color ?? ""
      node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`
      kept.set(id, node)
    }
    for (const [id, node] of this.labelNodes) if (!kept.has(id)) node.remove()
    this.labelNodes = kept
  }
}
