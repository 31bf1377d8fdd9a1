"""How every figure looks: colors that hold for the color-blind, in light and dark, and one frame for all."""

import html
from dataclasses import dataclass
from typing import Final, Literal

import plotly.graph_objects as go

from embedcore.tokens.labels import isolated

Mode = Literal["light", "dark"]

# Okabe & Ito (2008), color-blind safe; its yellow and black are left out, they vanish on a light or a dark page.
TOKEN_COLORS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")

# Blue (negative) through the page's own neutral (zero) to orange (positive): distinct under each color blindness.
_DIVERGING: Final = {
    "light": ("#08407e", "#2b7bba", "#9cc6e3", "#f7f5f0", "#f6bd8b", "#d9731e", "#8a3703"),
    "dark": ("#9fd4ff", "#4a9bd9", "#1f5a8a", "#1b1f25", "#8a4a1a", "#e08a3c", "#ffd0a1"),
}
_CONTINUOUS: Final = {
    "light": ("#00204c", "#31446b", "#666870", "#958f78", "#b09a3e", "#cfae1a"),
    "dark": ("#3f5fa8", "#5f7196", "#86888c", "#a89f7a", "#cdb85a", "#fee838"),
}
FONT: Final = "'Source Sans', 'Source Sans Pro', sans-serif"


@dataclass(frozen=True, slots=True)
class Style:
    """The colors of one page mode, as #rrggbb."""

    mode: Mode = "light"

    @property
    def text(self) -> str:
        """The color of text and axes."""
        return "#22252b" if self.mode == "light" else "#e6e4df"

    @property
    def paper(self) -> str:
        """The page's own color."""
        return "#fdfcfa" if self.mode == "light" else "#14171c"

    @property
    def quiet(self) -> str:
        """The color of what stands behind: clouds of points, grid lines."""
        return "#a9a398" if self.mode == "light" else "#5b6472"

    @property
    def grid(self) -> str:
        """The color of grid lines and frames."""
        return "#e6e1d7" if self.mode == "light" else "#2c323b"

    @property
    def accent(self) -> str:
        """The color of what the reader chose."""
        return "#111111" if self.mode == "light" else "#ffffff"

    @property
    def match(self) -> str:
        """The color of what matches a search."""
        return "#b3005e" if self.mode == "light" else "#ff7ac2"

    @property
    def density(self) -> list[list[float | str]]:
        """A plotly color scale from nothing to crowded."""
        rgb = "70,66,58" if self.mode == "light" else "190,200,215"
        return [[0.0, f"rgba({rgb},0)"], [0.02, f"rgba({rgb},0.10)"], [1.0, f"rgba({rgb},0.62)"]]

    @property
    def continuous(self) -> list[list[float | str]]:
        """A plotly color scale for points, after Cividis (Nunez et al. 2018), both ends visible on the page."""
        colors = _CONTINUOUS[self.mode]
        return [[index / (len(colors) - 1), color] for index, color in enumerate(colors)]

    @property
    def diverging(self) -> list[list[float | str]]:
        """A plotly color scale for signed data, its neutral middle at zero."""
        colors = _DIVERGING[self.mode]
        return [[index / (len(colors) - 1), color] for index, color in enumerate(colors)]

    @property
    def sequential(self) -> list[list[float | str]]:
        """A plotly color scale for shares: from the page's own color to the strongest, lightness in even steps."""
        colors = _DIVERGING[self.mode][3::-1]
        return [[index / (len(colors) - 1), color] for index, color in enumerate(colors)]


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


def token_color(position: int) -> str:
    """Return the one color of the token at `position` ≥ 0, the same on every page and chart."""
    return TOKEN_COLORS[position % len(TOKEN_COLORS)]


def apply_style(figure: go.Figure, style: Style, *, height: int) -> go.Figure:
    """Give `figure` the common frame: transparent, a quiet grid, `height` in pixels. Returns the same figure."""
    figure.update_layout(
        template="none",
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": style.text, "size": 13, "family": FONT},
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        hoverlabel={"font": {"size": 13}},
        spikedistance=0,  # plotly.js below 4.2 freezes on hover over 100,000 points without it
        dragmode="pan",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": style.quiet, "activecolor": style.text},
        showlegend=False,
    )
    axis = {"gridcolor": style.grid, "zerolinecolor": style.grid, "linecolor": style.grid, "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure
