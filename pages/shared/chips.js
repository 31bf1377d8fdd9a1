const MOST_ROWS = 2

/** Return the chip of a token: a button where tokens can be chosen, otherwise an item of a list. */
function chipOf({ index, label, id, color, bytes, untrained, piece, differs }, { selectable, showBytes, untrainedWord }) {
  const chip = element(selectable ? "button" : "span", untrained ? "chip untrained" : "chip")
  const said = [
    untrained && untrainedWord,
    piece && `piece ${piece.place + 1} of ${piece.n} of ${isolate(piece.of)}`,
    differs && "cut differently by the other tokenizer",
  ].filter(Boolean).map((words) => `, ${words}`).join("")
  if (piece) chip.classList.add("piece", ...(piece.place > 0 ? ["joined"] : []))
  if (differs) chip.classList.add("differs")
  if (selectable) chip.type = "button"
  else chip.setAttribute("role", "listitem")
  chip.dataset.index = index
  chip.style.setProperty("--c", color)
  chip.title = `token ${index} · id ${id} · bytes ${bytes}${said}`
  chip.setAttribute("aria-label", `token ${index}, ${isolate(label)}, id ${id}${said}`)
  const line = element("span", "line")
  line.append(element("span", "label", label), element("span", "id", id))
  if (untrained) line.append(element("span", "word", untrainedWord))
  chip.append(line)
  if (showBytes) chip.append(element("span", "bytes", bytes))
  return chip
}

/** Return the elements by rows, from the uppermost: those of one row begin at one height. */
function rowsOf(elements) {
  const rows = new Map()
  for (const each of elements) rows.set(each.offsetTop, [...(rows.get(each.offsetTop) ?? []), each])
  return [...rows.values()]
}

/** Return the element of `row` whose middle is nearest to that of `from`, across the page. */
function nearestAcross(row, from) {
  const middle = (each) => each.offsetLeft + each.offsetWidth / 2
  return row.reduce((best, each) => (Math.abs(middle(each) - middle(from)) < Math.abs(middle(best) - middle(from)) ? each : best))
}

/** Return the element to which a key leads from `from`, one of `elements`; undefined where it is no such key. */
function leadsTo(key, elements, from) {
  const place = elements.indexOf(from)
  const rows = rowsOf(elements)
  const row = rows.findIndex((each) => each.includes(from))
  const across = (next) => (next ? nearestAcross(next, from) : from)
  return {
    ArrowRight: () => elements[place + 1] ?? from,
    ArrowLeft: () => elements[place - 1] ?? from,
    ArrowDown: () => across(rows[row + 1]),
    ArrowUp: () => across(rows[row - 1]),
    Home: () => elements[0],
    End: () => elements.at(-1),
  }[key]?.()
}

/** The chips of one place on the page. They stay while their tokens do, whatever else a run of the script changes. */
class Chips {
  constructor(root) {
    this.root = root
    this.chips = []
    this.isOpen = false
    this.gap = element("span", "gap", "…")
    this.gap.setAttribute("aria-hidden", "true")
    this.more = element("button", "more")
    this.more.type = "button"
    this.more.onclick = () => {
      this.isOpen = !this.isOpen
      this.cut()
    }
    this.end = element("span", "end")
    this.end.append(this.more)
    root.addEventListener("keydown", (event) => this.move(event))
    root.addEventListener("focusin", (event) => this.stopAt(event.target))
    new ResizeObserver(() => this.width !== root.clientWidth && this.cut()).observe(root)
  }

  /** Draw what is new in `data`; `choose` takes the index of a token. */
  update(data, choose) {
    this.choose = choose
    this.data = data
    this.root.setAttribute("role", data.selectable ? "toolbar" : "list")
    this.root.setAttribute("aria-label", data.title)
    const tokens = JSON.stringify([data.tokens, data.selectable, data.showBytes])
    if (tokens !== this.tokens) this.draw()
    this.tokens = tokens
    if (data.selectable) for (const chip of this.chips) chip.setAttribute("aria-pressed", String(this.isChosen(chip)))
    this.cut()
  }

  draw() {
    const focused = this.root.getRootNode().activeElement?.dataset?.index
    this.isOpen = false
    this.chips = this.data.tokens.map((token) => chipOf(token, this.data))
    this.end.setAttribute("role", this.data.selectable ? "presentation" : "listitem")
    this.more.tabIndex = this.data.selectable ? -1 : 0
    this.root.replaceChildren(...this.chips, this.end)
    if (!this.data.selectable) return
    for (const chip of this.chips) {
      chip.tabIndex = -1
      chip.onclick = () => this.choose(Number(chip.dataset.index))
    }
    if (focused !== undefined) this.chips.find((chip) => chip.dataset.index === focused)?.focus()
  }

  /** Show the first two rows with the button that shows all, and the chosen chip wherever it stands. */
  cut() {
    this.width = this.root.clientWidth
    this.show(this.chips.length)
    const isLong = rowsOf(this.chips).length > MOST_ROWS
    this.end.hidden = !isLong
    this.more.textContent = this.isOpen ? "Show fewer" : `Show all ${this.chips.length} tokens`
    this.more.setAttribute("aria-expanded", String(this.isOpen))
    if (isLong && !this.isOpen) {
      let [fits, tooMany] = [1, this.chips.length]
      while (tooMany - fits > 1) {
        const middle = Math.floor((fits + tooMany) / 2)
        this.show(middle)
        if (rowsOf(this.shown()).length > MOST_ROWS) tooMany = middle
        else fits = middle
      }
      this.show(fits)
    }
    const stops = this.shown()
    if (this.data.selectable && !stops.some((each) => each.tabIndex === 0)) {
      this.stopAt(stops.find((each) => this.isChosen(each)) ?? stops[0])
    }
  }

  /** Show the first `n` chips, and the chosen one after a gap. */
  show(n) {
    this.gap.remove()
    this.chips.forEach((chip, place) => {
      chip.hidden = place >= n && !this.isChosen(chip)
      if (place > n && !chip.hidden) chip.before(this.gap)
    })
  }

  shown() {
    return [...this.chips.filter((chip) => !chip.hidden), ...(this.end.hidden ? [] : [this.more])]
  }

  isChosen(chip) {
    return this.data.chosen !== null && Number(chip.dataset.index) === this.data.chosen
  }

  /** Make one chip the only stop of the Tab key, at which it comes back. */
  stopAt(target) {
    if (!this.data.selectable || !target) return
    for (const each of [...this.chips, this.more]) each.tabIndex = each === target ? 0 : -1
  }

  move(event) {
    if (!this.data.selectable || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    const next = leadsTo(event.key, this.shown(), event.target)
    if (!next) return
    event.preventDefault()
    next.focus()
  }
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  const root = parentElement.querySelector(".chips")
  root.chips ??= new Chips(root)
  root.chips.update(data, (index) => setTriggerValue("chosen", index))
  parentElement.host?.closest('[data-testid="stElementContainer"]')?.setAttribute("data-drawn", "")
}
