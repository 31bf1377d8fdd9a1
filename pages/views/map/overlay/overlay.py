"""What lies over a map's points: hover, linked rings, labels that thin out, clicks and boxes.

The charts carry coordinates alone. The browser fetches the labels once, and sends back an id or a box's corners, but
never a point's text or a list of points.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from embedcore.figures.map import MOST_NAMED
from embedcore.tokens.label_file import label_file
from embedcore.tokens.tokenizer import opened
from pages.shared import triggers
from pages.views.map.overlay.sight import views_of

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "map_overlay",
    html="<i hidden></i>",  # the component itself shows nothing; without any markup Streamlit warns
    css=(_HERE / "overlay.css").read_text(),
    js="".join((_HERE / f"{part}.js").read_text() for part in ("overlay", "places", "labels", "view", "saved")),
)


@dataclass(frozen=True, slots=True)
class PointValue:
    """What a point's color number `c` says on hover: `name`, then `words[c]` or, without words, `offset + unit · c`."""

    name: str
    offset: float = 0.0
    unit: float = 1.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that was drawn on the chart `chart` (its key), in the units of that chart's axes, low ≤ high."""

    chart: str
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picked:
    """What the reader did just before this run: the token id that was clicked, the box that was drawn.

    The id is of the vocabulary that the overlay names now: a click on what was drawn before is none.
    """

    clicked: int | None = None
    box: Box | None = None


def map_overlay(
    *,
    key: str,
    charts: Sequence[str],
    tokenizer: str,
    priority: Sequence[int] = (),
    on_click: Callable[[int, str], None] | None = None,
    on_box: Callable[[Box | None], None] | None = None,
    on_whole: Callable[[str], None] | None = None,
    on_views: Callable[[Mapping[str, str]], None] | None = None,
    show_labels: bool = True,
    ids: Mapping[str, Sequence[int]] | None = None,
    own_ids: Mapping[str, Sequence[int]] | None = None,
    values: Mapping[str, PointValue] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    views: Mapping[str, str] | None = None,
    homes: Mapping[str, Sequence[float]] | None = None,
    windows: Mapping[str, Sequence[float]] | None = None,
) -> Picked:
    """Lay hover, labels, rings, clicks and boxes over the Plotly charts with the keys `charts`; return what was picked.

    A chart's points are those of its trace named "vocabulary" (2-D or 3-D, hoverinfo "none"); of a trace named "matches",
    customdata holds token ids. Row i is token id i of `tokenizer`, or `ids[chart][i]`, in which `priority` and clicks
    count too. A chart of another vocabulary names its points by `own_ids[chart]` on hover, by the same rows. `priority`
    ids are labeled first, in order; then lower rows before higher. `on_click` gets an id ≥ 0 and the tokenizer whose it
    is, which may have changed since it was drawn; `on_box` a Box, or None when it was removed; both run before the page. What the browser sends is checked for
    its form, not for the range of a table. `values` says what a chart's marker colors mean, `texts` how the points of its
    trace "input vectors" are named.

    What is in sight of a chart stands in the address, under the name that `views` gives it, as soon as the reader has
    moved, without a run of the page; where the whole map is in sight, it does not. The whole of a flat map is what Plotly
    shows by itself; that of a map in space is seen by the camera in `homes`. `windows` are what flat charts were drawn
    with instead of the whole: lowest and highest x, lowest and highest y. `on_whole` gets the key of a chart in space
    that is to be drawn as a whole again, `on_views` what `map_sight` gives, before a click or a box.
    """
    picked = triggers.mount(
        _component,
        key=key,
        data={
            "charts": list(charts),
            "tokenizer": tokenizer,
            "labels": f"api/vocabularies/{tokenizer}.json?labels={label_file(tokenizer).mark}",
            "priority": [int(token_id) for token_id in priority],
            "showLabels": show_labels,
            "boxes": on_box is not None,
            "ids": {chart: [int(token_id) for token_id in row_ids] for chart, row_ids in (ids or {}).items()},
            "ownIds": {chart: [int(token_id) for token_id in row_ids] for chart, row_ids in (own_ids or {}).items()},
            "values": {chart: asdict(value) for chart, value in (values or {}).items()},
            "texts": {chart: list(names) for chart, names in (texts or {}).items()},
            "views": dict(views or {}),
            "homes": {chart: list(camera) for chart, camera in (homes or {}).items()},
            "windows": {chart: list(window) for chart, window in (windows or {}).items()},
            "mostNamed": MOST_NAMED,
        },
        acts={
            "clicked": partial(_click, on_click, on_views),
            "boxed": partial(_draw_box, tuple(charts), on_box, on_views),
            "whole": partial(_draw_whole, tuple(charts), on_whole),
        },
    )
    clicked = _clicked(picked.clicked)
    is_of_this = clicked is not None and clicked[1] == tokenizer
    return Picked(clicked[0] if clicked is not None and is_of_this else None, _box(picked.boxed, charts))


OnViews = Callable[[Mapping[str, str]], None] | None


def _click(on_click: Callable[[int, str], None] | None, on_views: OnViews, sent: Any) -> None:
    clicked = _clicked(sent)
    _note_views(on_views, sent)
    if on_click is not None and clicked is not None:
        on_click(*clicked)


def _draw_box(charts: Sequence[str], on_box: Callable[[Box | None], None] | None, on_views: OnViews, sent: Any) -> None:
    _note_views(on_views, sent)
    if on_box is not None:
        on_box(_box(sent, charts))


def _note_views(on_views: OnViews, sent: Any) -> None:
    if on_views is not None and isinstance(sent, Mapping):
        on_views(views_of(sent.get("views")))


def _draw_whole(charts: Sequence[str], on_whole: Callable[[str], None] | None, sent: Any) -> None:
    if on_whole is not None and isinstance(sent, str) and sent in charts:
        on_whole(sent)


def _clicked(sent: Any) -> tuple[int, str] | None:
    """Return what a browser sent as a token id and its tokenizer, or None where it is none."""
    if not isinstance(sent, Mapping):
        return None
    token_id, tokenizer = sent.get("id"), sent.get("tokenizer")
    if not isinstance(token_id, int) or isinstance(token_id, bool) or token_id < 0:
        return None
    if not isinstance(tokenizer, str) or opened(tokenizer) is None:
        return None
    return token_id, tokenizer


def _box(sent: Any, charts: Sequence[str]) -> Box | None:
    """Return what a browser sent as a box, or None where it is none or stands for the removal of one."""
    if not isinstance(sent, Mapping) or sent.get("chart") not in charts:
        return None
    x, y = _span(sent.get("x")), _span(sent.get("y"))
    return None if x is None or y is None else Box(sent["chart"], x, y)


def _span(sent: Any) -> tuple[float, float] | None:
    if not isinstance(sent, Sequence) or isinstance(sent, str) or len(sent) != 2:
        return None
    if any(isinstance(end, bool) or not isinstance(end, int | float) or not math.isfinite(end) for end in sent):
        return None
    return float(min(sent)), float(max(sent))
