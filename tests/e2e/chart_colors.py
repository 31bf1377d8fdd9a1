"""Whether a chart can be read: the contrast of its words with the page behind them."""

from playwright.sync_api import Page

READABLE = 4.5
# Transparent charts lie on the page, so that its color is what their words stand on.
_LEAST = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const page = channels(getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor)
  let least = 21
  const words = ".xtick text, .ytick text, .xtitle, .ytitle, .gtitle, .legendtext, .cbaxis text, .cbtitle text"
  for (const text of document.querySelectorAll(words.split(", ").map((word) => `.js-plotly-plot ${word}`).join(", "))) {
    const [r, g, b, a = 1] = channels(getComputedStyle(text).fill)
    const over = [r, g, b].map((part, i) => part * a + page[i] * (1 - a))
    const [high, low] = [luminance(over), luminance(page)].sort((one, two) => two - one)
    least = Math.min(least, (high + 0.05) / (low + 0.05))
  }
  return least
}"""


def least_contrast(page: Page) -> float:
    """Return the least contrast of a chart's word with the page, 21 where no chart has a word."""
    return float(page.evaluate(_LEAST))


def wait_until_themed(page: Page, scheme: str) -> None:
    """Wait until Streamlit has given the page the colors of `scheme`: light or dark."""
    page.wait_for_function(
        "scheme => getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).colorScheme === scheme",
        arg=scheme,
    )


def wait_until_drawn_for(page: Page, text_color: str) -> None:
    """Wait until every chart on the page was made for the theme whose text has this color, as #rrggbb."""
    page.wait_for_function(
        """color => [...document.querySelectorAll('.js-plotly-plot')].every(
               (chart) => chart._fullLayout?.font.color === color)""",
        arg=text_color,
    )
