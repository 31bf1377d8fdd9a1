// Keeps in the browser's tab a text that no link can hold, and gives it back after a reload.

const [PREFIX, MOST] = ["embedcore ", 16] // texts of 100,000 characters: a tab may keep 5 MB

export default function ({ parentElement, data, setTriggerValue }) {
  const container = parentElement.host?.closest('[data-testid="stElementContainer"]')
  if (container) container.style.display = "none" // it shows nothing
  const task = `${data.name} ${data.text === null}`
  if (parentElement.task === task) return // Streamlit calls at every change of the page
  parentElement.task = task
  if (data.text === null) setTriggerValue("fetched", { name: data.name, text: find(data.name) })
  else if (!keep(data.name, data.text)) setTriggerValue("refused", data.name)
}

function find(name) {
  try {
    return sessionStorage.getItem(PREFIX + name)
  } catch {
    return null // this browser lets no page keep anything
  }
}

/** Keep a text, and the latest of the others; say whether the browser does. */
function keep(name, text) {
  try {
    const others = JSON.parse(sessionStorage.getItem(PREFIX) ?? "[]").filter((other) => other !== name)
    for (const old of others.splice(0, Math.max(0, others.length - MOST + 1))) sessionStorage.removeItem(PREFIX + old)
    sessionStorage.setItem(PREFIX + name, text)
    sessionStorage.setItem(PREFIX, JSON.stringify([...others, name]))
    return true
  } catch {
    return false
  }
}
