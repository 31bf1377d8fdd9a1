// Draws over Plotly charts what a chart in Streamlit cannot: labels fetched once, hover linked between charts, labels
// that thin out, clicks and boxes. What a token says is only ever set as text, never parsed: tokens can be markup.

const POLL_MS = 250 // how often the page is searched for a chart that React has mounted again
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
  }

  hover(id, source) {
    for (const chart of this.charts.values()) chart.mark(id, chart === source)
  }

  close() {
    clearInterval(this.timer)
    document.fonts.removeEventListener("loadingdone", this.onFonts)
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
    Object.assign(this, { overlay, key, gd, emitter: gd._ev, labelNodes: new Map(), marked: null, pointed: null })
    this.build()
    const redraw = () => this.schedule()
    this.listeners = {
      plotly_hover: (event) => this.hovered(event.points[0]),
      plotly_unhover: () => this.hovered(null),
      // In 3-D Plotly reports a click for each point that a drag passes
      plotly_click: ({ points: [point] }) => (this.isSpace() ? this.hovered(point) : this.clicked(this.idOf(point))),
      plotly_selected: (event) => this.boxed(event?.range),
      plotly_deselect: () => this.boxed(null),
      plotly_relayout: redraw,
      plotly_relayouting: redraw,
      plotly_afterplot: redraw,
    }
    for (const [name, listener] of Object.entries(this.listeners)) this.emitter.on(name, listener)
    this.aborter = new AbortController()
    gd.addEventListener("pointerdown", (event) => (this.pressed = event), { signal: this.aborter.signal })
    gd.addEventListener("pointerup", (event) => this.released(event), { signal: this.aborter.signal })
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
    shadow.append(style, this.labelBox, front, this.button)
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
    const plane = planeOf(this.gd)
    this.button.hidden = !plane || !this.overlay.data.boxes || !this.dragButton()
    this.button.setAttribute("aria-pressed", String(this.gd._fullLayout?.dragmode === "select"))
    const started = performance.now()
    this.write(plane && this.overlay.data.showLabels && this.overlay.labels.length ? this.labelsIn(plane) : [])
    this.host.dataset.passMs = (performance.now() - started).toFixed(2)
    if (this.marked) this.mark(this.marked.id, this.marked.isSource)
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
    if (id !== null && id >= 0) setTriggerValue("clicked", { id, tokenizer: data.tokenizer })
  }

  /** Take a press without a move in 3-D as a click, after the moment that Plotly needs to find the point. */
  released({ clientX, clientY, target }) {
    if (!this.isSpace() || !this.pressed || target.closest(".modebar")) return
    const isStill = Math.hypot(clientX - this.pressed.clientX, clientY - this.pressed.clientY) < STILL
    if (isStill) setTimeout(() => this.clicked(this.pointed), PICK_MS)
  }

  boxed(range) {
    const ends = (values) => values && [Math.min(...values), Math.max(...values)]
    const box = { chart: this.key, x: ends(range?.x) ?? null, y: ends(range?.y) ?? null }
    const said = JSON.stringify(box)
    if (!this.overlay.data.boxes || said === this.said || (!box.x && !this.said)) return
    this.said = box.x ? said : null
    this.overlay.setTriggerValue("boxed", box)
  }

  dragButton() {
    return this.gd.querySelector('.modebar-btn[data-attr="dragmode"]')
  }

  /** Change what a drag does. Streamlit takes Plotly's button for "select" away, so another drag button is clicked as this one. */
  setDragMode(mode) {
    const button = this.dragButton()
    const own = button.dataset.val
    button.dataset.val = mode
    button.click()
    button.dataset.val = own
    this.gd._fullLayout._modeBar?.updateActiveButton?.()
  }

  // Labels

  /** Return the labels to write now. */
  labelsIn({ trace, x, y }) {
    const { labels, data } = this.overlay
    const first = new Set(data.priority.map((id) => this.rowOf(id)).filter((row) => row < trace.x.length))
    return chooseLabels(trace, x, y, {
      first,
      textOf: (row) => labels[this.idAt(row)] ?? "",
      widthOf: (text, isFirst) => this.widthOf(text, isFirst),
    })
  }

  widthOf(text, isFirst) {
    const key = `${isFirst}${text}`
    if (!this.widths.has(key)) {
      this.ink ??= document.createElement("canvas").getContext("2d")
      this.ink.font = `${isFirst ? 600 : 400} 11.5px ${this.font}, sans-serif`
      this.widths.set(key, Math.ceil(this.ink.measureText(text).width) + 1)
    }
    return this.widths.get(key)
  }

  /** Move the labels that stay, so that they do not blink; add and take away the others. */
  write(labels) {
    const kept = new Map()
    for (const { row, text, left, top, isFirst } of labels) {
      const id = this.idAt(row)
      const node = this.labelNodes.get(id) ?? this.labelBox.appendChild(spell(element("div", "label"), text))
      node.classList.toggle("first", isFirst)
      node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`
      kept.set(id, node)
    }
    for (const [id, node] of this.labelNodes) if (!kept.has(id)) node.remove()
    this.labelNodes = kept
  }
}
