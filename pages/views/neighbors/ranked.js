/** Return an element of a bar from place `start` to place `stop`, both in [0, 1] of the axis. */
function part(className, start, stop = start) {
  const made = element("i", className)
  made.style.left = `${100 * start}%`
  if (stop > start) made.style.width = `${100 * (stop - start)}%`
  return made
}

function headOf({ scoreName, ticks, rows }) {
  const head = element("div", "head")
  head.setAttribute("aria-hidden", "true")
  const axis = element("span", "bar")
  for (const [place, label] of ticks) {
    const tick = element("span", "tick", label)
    tick.style.left = `${100 * place}%`
    axis.append(tick)
  }
  const hasChance = rows.some(([, , , , chance]) => chance !== null)
  head.append(element("span", "legend", hasChance ? "┃ by chance" : ""), element("span", "right", "id"), element("span", "right", scoreName), axis)
  return head
}

function rowOf([id, label, score, place, chance, note], index, { zero, scoreName }) {
  const said = [isolate(label), `id ${id}`, `${scoreName} ${score}`, note].filter(Boolean).join(", ")
  const row = button(`${said}: click for its neighbors`, `${index + 1}, ${said}`)
  const token = element("span", "token")
  token.append(element("span", "label", label))
  if (note) token.append(element("span", "note", note))
  const bar = element("span", "bar")
  bar.append(part("fill", Math.min(zero, place), Math.max(zero, place)))
  if (zero > 0) bar.append(part("zero", zero))
  if (chance !== null) bar.append(part("chance", chance))
  row.append(element("span", "rank", index + 1), token, element("span", "id", id), element("span", "score", score), bar)
  return row
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  redraw(parentElement.querySelector(".ranked"), data, () => {
    const buttons = data.rows.map((row, index) => rowOf(row, index, data))
    buttons.forEach((row, index) => {
      row.onclick = () => setTriggerValue("followed", { id: data.rows[index][0], tokenizer: data.tokenizer })
    })
    return { before: [headOf(data)], buttons }
  })
}
