"""What a reader does over the maps of the test page, and where things lie there by Plotly's own conversion."""

from itertools import combinations
from typing import TypedDict

from playwright.sync_api import Page

import embedcore
from embedcore.tokens.labels import token_label
from tests.e2e.conftest import settle
from tests.e2e.reader import says

LEFT, RIGHT = "left-map", "right"
# Plotly's own conversion, from the window's corner: an oracle for ours, which reads the axes' ranges.
PLACE = """([key, row]) => {
    const gd = document.querySelector(`.st-key-${key} .js-plotly-plot`)
    const [trace, { xaxis, yaxis }, box] = [gd._fullData[0], gd._fullLayout, gd.getBoundingClientRect()]
    return [box.left + xaxis._offset + xaxis.d2p(trace.x[row]), box.top + yaxis._offset + yaxis.d2p(trace.y[row])]
}"""
OVERLAY = """([key, part]) => [...document.querySelectorAll(`.st-key-${key} .map-overlay`)]
    .flatMap(host => [...host.shadowRoot.querySelectorAll(part)]).filter(node => !node.hidden)
    .map(node => ({ text: node.textContent, box: node.getBoundingClientRect().toJSON() }))"""

# Whether the labels have been where they are for half a second.
STILL = """key => {
    const labels = document.querySelector(`.st-key-${key} .map-overlay`).shadowRoot.querySelectorAll('.label')
    const places = JSON.stringify([...labels].map(label => [label.textContent, label.getBoundingClientRect()]))
    const [last, since] = window.lastPlaces?.[key] ?? []
    window.lastPlaces = { ...window.lastPlaces, [key]: [places, places === last ? since : performance.now()] }
    return places === last && performance.now() - since >= 500
}"""


class Drawn(TypedDict):
    """A part of the overlay: what it says, and where it is."""

    text: str
    box: dict[str, float]


def labeled(page: Page, chart: str) -> None:
    """Wait until labels stand over a 2-D chart, and stand still."""
    page.wait_for_function(
        "key => document.querySelector(`.st-key-${key} .map-overlay`)?.shadowRoot.querySelector('.label')", arg=chart
    )
    page.wait_for_function(STILL, arg=chart, polling=100)


def place(page: Page, chart: str, row: int) -> tuple[float, float]:
    """Return where Plotly itself says that a row lies."""
    x, y = page.evaluate(PLACE, [chart, row])
    return x, y


def seen(page: Page, chart: str, part: str) -> list[Drawn]:
    """Return the parts of a chart's overlay that are shown, by a selector."""
    shown: list[Drawn] = page.evaluate(OVERLAY, [chart, part])
    return shown


def hover(page: Page, x: float, y: float) -> None:
    page.mouse.move(x - 40, y - 40)
    page.mouse.move(x, y, steps=5)
    page.wait_for_timeout(400)


def center(found: Drawn) -> tuple[float, float]:
    return found["box"]["x"] + found["box"]["width"] / 2, found["box"]["y"] + found["box"]["height"] / 2


def label_of(token_id: int, tokenizer: str = "gpt2") -> str:
    return token_label(embedcore.get_tokenizer(tokenizer).token_bytes(token_id), token_id)


def waits_for(page: Page, sentence: str) -> None:
    says(page, sentence)
    settle(page)


def check_labels(page: Page, chart: str, plot_part: str = ".nsewdrag") -> list[str]:
    """Labels are whole, inside the plot, apart from each other, and of this vocabulary; return their texts."""
    labels = seen(page, chart, ".label")
    assert 5 <= len(labels) <= 60
    for one, other in combinations([label["box"] for label in labels], 2):
        is_apart = (
            one["right"] <= other["left"]
            or other["right"] <= one["left"]
            or one["bottom"] <= other["top"]
            or other["bottom"] <= one["top"]
        )
        assert is_apart, (one, other)
    [plot] = page.evaluate(
        "([key, part]) => [document.querySelector(`.st-key-${key} .js-plotly-plot ${part}`).getBoundingClientRect().toJSON()]",
        [chart, plot_part],
    )
    for label in labels:
        assert plot["left"] - 1 <= label["box"]["left"]
        assert label["box"]["right"] <= plot["right"] + 1
        assert plot["top"] - 1 <= label["box"]["top"]
        assert label["box"]["bottom"] <= plot["bottom"] + 1
    return [label["text"] for label in labels]
