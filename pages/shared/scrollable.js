// What is wider than its place scrolls sideways, and whoever has no mouse scrolls by arrow keys: once it has the focus.
{
  const PARTS = { ".katex-display": "Formula", ".stCode pre": "Code", "[class*=st-key-wide_]": "Picture" }
  const widen = () => {
    for (const [selector, name] of Object.entries(PARTS)) {
      for (const part of document.querySelectorAll(selector)) {
        const isScrollable = part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1
        if (isScrollable === part.hasAttribute("tabindex")) continue
        if (isScrollable) {
          part.tabIndex = 0
          part.setAttribute("role", "group")
          part.setAttribute("aria-label", `${name}, scrolls`)
        } else {
          for (const attribute of ["tabindex", "role", "aria-label"]) part.removeAttribute(attribute)
        }
      }
    }
  }
  let timer
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(widen, 300)
  }
  new MutationObserver(later).observe(document, { subtree: true, childList: true })
  addEventListener("resize", later)
}
