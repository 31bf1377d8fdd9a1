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
    seen: list[str] = page.evaluate(_RUN, STREAMLITS)
    page.set_viewport_size(size)
    return sorted(set(seen))
