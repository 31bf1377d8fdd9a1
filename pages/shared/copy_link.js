// Copies the address that the browser shows at the moment of the click; where it may not, selects it for the reader.

const GAP = 6 // px between the button and what it opens

export default function ({ parentElement, data }) {
  const find = (name) => parentElement.querySelector(name)
  const [button, panel, said, address] = [".copy", ".panel", ".said", ".address"].map(find)
  find("ul").replaceChildren(...data.lacking.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })))
  find(".lacking").hidden = data.lacking.length === 0
  button.onclick = async () => {
    address.value = location.href
    const isCopied = await copied(location.href)
    panel.showPopover()
    const { right, bottom } = button.getBoundingClientRect()
    panel.style.inset = `${bottom + GAP}px auto auto ${Math.max(16, right - panel.offsetWidth)}px`
    const all = data.lacking.length === 0 ? "it opens the page as you see it" : "it opens without a part of what you see"
    said.textContent = isCopied
      ? `The link is copied: ${all}.`
      : "This browser does not let the page copy. The address is selected: copy it from here."
    if (!isCopied) address.select()
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false // no permission, or no clipboard: a page that came over plain http has none
  }
}
