/* What components of many buttons share. It stands before a component's own script. */

const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
/** Keep Arabic or Hebrew from turning around what stands beside it in a sentence. */
const isolate = (label) => (FROM_RIGHT.test(label) ? `\u2068${label}\u2069` : label)

function element(tag, className, text = "") {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

function button(said, name) {
  const made = document.createElement("button")
  made.type = "button"
  made.title = said
  made.setAttribute("aria-label", name)
  return made
}

/** Make `buttons` one stop of the Tab key, in which the arrow keys, Home and End lead from one to the next. */
function lead(buttons) {
  const stopAt = (chosen) => buttons.forEach((each) => { each.tabIndex = each === chosen ? 0 : -1 })
  stopAt(buttons[0])
  buttons.forEach((each, index) => {
    each.onfocus = () => stopAt(each)
    each.onkeydown = (event) => {
      const next = { ArrowDown: index + 1, ArrowRight: index + 1, ArrowUp: index - 1, ArrowLeft: index - 1 }
      const to = { ...next, Home: 0, End: buttons.length - 1 }[event.key]
      if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return
      event.preventDefault()
      buttons[to]?.focus()
    }
  })
}

/** Draw what `draw` makes of new `data` into `root`: `buttons`, and `before` them the rest. The focus keeps its place. */
function redraw(root, data, draw) {
  const drawn = JSON.stringify(data)
  // The stylesheet shows what stands below only now, at its place.
  root.getRootNode().host?.closest('[data-testid="stElementContainer"]')?.setAttribute("data-drawn", "")
  if (root.drawn === drawn) return
  root.drawn = drawn
  root.setAttribute("aria-label", data.title)
  const focused = [...root.querySelectorAll("button")].indexOf(root.getRootNode().activeElement)
  const { before, buttons } = draw()
  lead(buttons)
  root.replaceChildren(...before, ...buttons)
  if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus()
}
