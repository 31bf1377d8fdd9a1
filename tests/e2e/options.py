"""Whether everything that can be chosen can be seen: no option lies outside the window or outside its own row."""

from playwright.sync_api import Page

_HIDDEN = """() => {
  const options = '[data-testid="stButtonGroup"] button, [role="tab"], [role="radio"], [data-testid="stMain"] button'
  const hidden = []
  for (const option of document.querySelectorAll(options)) {
    const box = option.getBoundingClientRect()
    if (option.closest("[class*=st-key-wide_]")) continue // a wide picture's own tools: it scrolls as a whole, by keyboard too
    if (!option.checkVisibility({ visibilityProperty: true }) || box.width === 0) continue
    let [left, right] = [0, innerWidth]
    for (let around = option.parentElement; around; around = around.parentElement) {
      if (getComputedStyle(around).overflowX === "visible") continue
      const edge = around.getBoundingClientRect()
      ;[left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)]
    }
    if (box.left < left - 1 || box.right > right + 1) {
      hidden.push(`${(option.innerText || option.ariaLabel || "").trim().slice(0, 30)} at ${Math.round(box.left)} to `
        + `${Math.round(box.right)}, seen from ${Math.round(left)} to ${Math.round(right)}`)
    }
  }
  return hidden
}"""
# Phones, tablets and laptops; 640 to 960 are also what remains of 1280 to 1920 at 200 % zoom.
WIDTHS = (320, 360, 390, 480, 560, 640, 683, 720, 768, 853, 911, 960, 1024, 1093, 1200, 1366, 1536, 1920)


def hidden_options(page: Page) -> list[str]:
    """Return each option that cannot be seen whole, with the width of the window, over all WIDTHS."""
    size = page.viewport_size
    assert size is not None
    hidden = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": size["height"]})
        for _ in range(10):  # tables and charts take their new width a moment later
            page.wait_for_timeout(150)
            if not (out_of_sight := page.evaluate(_HIDDEN)):
                break
        hidden += [f"{width} px: {option}" for option in out_of_sight]
    page.set_viewport_size(size)
    return hidden
