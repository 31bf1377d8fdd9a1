"""What axe-core finds on a page: every finding that keeps somebody out, without those of Streamlit's own parts."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

# Rule → (where it is Streamlit's own, why we cannot mend it).
STREAMLITS: dict[str, tuple[str, str]] = {}
_RUN = """streamlits => axe.run(document, { resultTypes: ["violations"], iframes: false }).then(({ violations }) =>
    violations
      .filter(({ id, impact }) => impact === "serious" || impact === "critical" || id === "heading-order")
      .flatMap(({ id, nodes }) => nodes
        .filter(({ element, target }) => {
          const found = element ?? document.querySelector(target.flat().at(-1))
          return !(id in streamlits && found?.closest(streamlits[id][0]))
        })
        .map(({ html, any, all, none }) => `${id}: ${html.slice(0, 160)} ${(any[0] ?? all[0] ?? none[0])?.message}`)))"""

# Streamlit lets the keyboard reach code that is wider than the page some frames after it measured it.
_WAIT_FOR_CODE = """async () => {
    const unreached = () => [...document.querySelectorAll("pre")].some(
        (code) => code.scrollWidth > code.clientWidth && code.tabIndex < 0)
    for (let tries = 0; tries < 50 && unreached(); tries += 1) await new Promise((done) => setTimeout(done, 100))
}"""


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """Return axe's serious and critical findings on a page, and headings that skip a level; the page is drawn whole.

    axe cannot judge colors that are scrolled out of sight, so the window is made as high as the page.
    """
    size = page.viewport_size
    assert size is not None
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(8000, max(size["height"], height + 80))})
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    page.evaluate(_WAIT_FOR_CODE)
    seen: list[str] = page.evaluate(_RUN, STREAMLITS)
    page.set_viewport_size(size)
    return sorted(set(seen))
