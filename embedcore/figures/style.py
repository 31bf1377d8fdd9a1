"""The frame of every figure: its type, its hairlines, its title and legend, and text as plotly shall read it."""

import html
from functools import cache
from typing import Any, Final

import plotly.graph_objects as go

from embedcore.figures.palette import Style
from embedcore.tokens.labels import isolated

FONT: Final = "'Source Sans', 'Source Sans Pro', sans-serif"
SMALL: Final = 12  # px: ticks, axis titles, words at points
LARGE: Final = 13  # px: titles, legends, row labels
TOP: Final = 28  # px: the margin above charts that stand side by side
BOTTOM: Final = 68  # px: the margin below them, for ticks, an axis title and a color bar


def svg_text(text: str) -> str:
    """Return `text` as a flat chart shows it as it is: plotly reads tags, entities and formulas in what it writes.

    >>> svg_text("0 <b>"), svg_text("$x$")
    ('0 &lt;b&gt;', '&#36;x&#36;')
    """
    return isolated(html.escape(text, quote=False).replace("$", "&#36;"))


def space_text(text: str) -> str:
    """Return `text` as a chart of three dimensions shows it as it is: there plotly reads tags, but no entities.

    An invisible word joiner keeps "<" and what follows from being read as a tag.
    """
    return isolated(text.replace("<", "<\u2060"))


def apply_style(figure: go.Figure, style: Style, *, height: int | None) -> go.Figure:
    """Give `figure` the common frame: transparent, hairlines alone, nothing to drag, `height` in pixels.

    Without a height it takes that of its place. Returns the same figure.
    """
    figure.update_layout(framed({}, style, height=height))
    figure.update_annotations(font={"size": LARGE})
    return figure


def framed(layout: dict[str, Any], style: Style, *, height: int | None) -> dict[str, Any]:
    """Return a layout with the same frame, for a figure that is made of it at once."""
    # As a template it holds for every axis and is checked once: set on each axis of three charts, it took 56 ms.
    return layout | {"template": _frame(style), "height": height}


def axis_name(letters: str, number: int) -> str:
    """Return what plotly calls an axis, counted from 1.

    >>> axis_name("x", 1), axis_name("xaxis", 2)
    ('x', 'xaxis2')
    """
    return letters if number == 1 else f"{letters}{number}"


@cache
def _frame(style: Style) -> go.layout.Template:
    axis = {
        "gridcolor": style.grid,
        "zerolinecolor": style.grid,
        "showline": False,
        "ticks": "",
        "ticklabelstandoff": 4,
        "automargin": True,
        "title": {"font": {"size": SMALL}, "standoff": 8},
        "exponentformat": "power",
        "minexponent": 6,
        "separatethousands": True,
    }
    wall = {"gridcolor": style.grid, "backgroundcolor": "rgba(0,0,0,0)"}
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": style.text, "size": SMALL, "family": FONT},
        "margin": {"l": 8, "r": 8, "t": TOP, "b": 8},
        "hoverlabel": {"font": {"size": LARGE}},
        "spikedistance": 0,  # plotly.js below 4.2 freezes on hover over 100,000 points without it
        "dragmode": False,  # a finger that drags over the chart scrolls the page
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": style.quiet, "activecolor": style.text},
        "showlegend": False,
        "xaxis": axis,
        "yaxis": axis,
        "scene": {f"{name}axis": wall for name in "xyz"},
    }
    return go.layout.Template(layout=layout)


def title(figure: go.Figure, text: str, *, column: int = 1) -> None:
    """Write `text` over the middle of a chart, or of the one in `column` (from 1)."""
    figure.add_annotation(title_over(text, column))


def title_over(text: str, column: int = 1) -> dict[str, Any]:
    """Return `text` over the middle of the chart in `column` (from 1), one of a layout's annotations."""
    return {
        "x": 0.5,
        "y": 1,
        "xref": f"{axis_name('x', column)} domain",
        "yref": f"{axis_name('y', column)} domain",
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": LARGE},
    }


def caption(figure: go.Figure, text: str) -> None:
    """Write `text` below the left end of a chart, on the line of its color bar."""
    figure.update_layout(
        title={
            "text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": 0, "yref": "container", "yanchor": "bottom",
            "pad": {"b": 16}, "font": {"size": LARGE},
        }
    )  # fmt: skip


def legend(figure: go.Figure) -> None:
    """Lay a legend in one line over the left end of a chart, in the order in which its traces were given."""
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
            "font": {"size": LARGE},
        },
    )


def log_counts(axis: go.layout.XAxis | go.layout.YAxis) -> None:
    """Space an axis logarithmically, and name its whole powers of ten alone: 1, 10, 100, 1,000."""
    axis.update(type="log", dtick=1, tickformat=",")


def number(value: float, digits: int = 3) -> str:
    """Return `value` in `digits` significant digits, as a reader writes it: 50,300 and −0.5, never 5.03e+04.

    >>> number(50_256.0), number(-0.5), number(3e-9), number(1e30)
    ('50,300', '−0.5', '3 × 10⁻⁹', '1 × 10³⁰')
    """
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or 1e-4 <= abs(rounded) < 1e9:
        return f"{rounded:,.12g}".replace("-", "−")
    mantissa, exponent = f"{rounded:e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(mantissa):g} × 10{power}".replace("-", "−")
