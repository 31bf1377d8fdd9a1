"""How far a page's parts move while it loads, by themselves: the browser's own measure, where 1 is the whole window."""

from playwright.sync_api import Page

# Put into a page before its first script: it notes every shift that no key or click of the reader came just before.
RECORD = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput) continue;
    const parts = shift.sources.map(({ node, previousRect: was, currentRect: is }) => {
      const element = node?.nodeType === 1 ? node : node?.parentElement;
      const key = element?.closest("[class*=st-key-]")?.className.match(/st-key-[^ ]+/)?.[0] ?? "no key";
      return `${element?.dataset.testid ?? element?.tagName ?? "gone"} in ${key}: `
        + `y ${Math.round(was.y)} to ${Math.round(is.y)}, height ${Math.round(was.height)} to ${Math.round(is.height)}`;
    });
    window.shifts.push({ value: shift.value, parts });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def shifts(page: Page) -> tuple[float, list[str]]:
    """Return the sum of all shifts of a page that was opened with RECORD, and what moved, the farthest first."""
    entries = page.evaluate("window.shifts")
    ranked = sorted(entries, key=lambda entry: -entry["value"])
    return sum(entry["value"] for entry in entries), [f"{entry['value']:.3f} {entry['parts']}" for entry in ranked[:5]]
