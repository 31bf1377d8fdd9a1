"""Every color of a figure, by what it means: one meaning has one color, and one color one meaning, on every chart.

Told apart under protanopia, deuteranopia and tritanopia, in light and dark: tests/figures/test_palette.py measures.
"""

from dataclasses import dataclass
from typing import Final, Literal

from embedcore.tokens.categories import CATEGORIES

Mode = Literal["light", "dark"]

# Tokens. Light: Okabe & Ito (2008) without yellow and black, which vanish on a light or a dark page. Dark: the same
# hues, each light enough to reach 4.5 : 1 against the page.
_TOKENS: Final = {
    "light": ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
    "dark": ("#3d8fd1", "#e0701a", "#12b186", "#d98cb8", "#8fd0f5", "#f0b429"),
}
# Kinds of rows and of schemes, in legends. No hue is a token's. Of those that Paul Tol's notes on color schemes (2021)
# and IBM's design library publish, the six that lie farthest apart under every color blindness.
_KINDS: Final = {
    "light": ("#785ef0", "#997700", "#ee6677", "#aa4499", "#663333", "#332288"),
    "dark": ("#785ef0", "#997700", "#ee8866", "#aa4499", "#bbcc33", "#ffaabb"),
}
N_HUES: Final = 6
# The two shades of blue that batches take in turn.
_BATCHES: Final = {"light": ("#0b5fa5", "#7fb0d8"), "dark": ("#6cb6f0", "#35699a")}
TRAINED: Final = "trained"
UNTRAINED: Final = "untrained"  # the word for rows that training never touched, on every page

# Blue (negative) through the page's own neutral (zero) to orange (positive): distinct under each color blindness.
_DIVERGING: Final = {
    "light": ("#08407e", "#2b7bba", "#9cc6e3", "#f7f5f0", "#f6bd8b", "#d9731e", "#8a3703"),
    "dark": ("#9fd4ff", "#4a9bd9", "#1f5a8a", "#1b1f25", "#8a4a1a", "#e08a3c", "#ffd0a1"),
}
# After Cividis (Nunez et al. 2018), both ends visible on the page.
_CONTINUOUS: Final = {
    "light": ("#00204c", "#31446b", "#666870", "#958f78", "#b09a3e", "#cfae1a"),
    "dark": ("#3f5fa8", "#5f7196", "#86888c", "#a89f7a", "#cdb85a", "#fee838"),
}
Scale = list[list[float | str]]


@dataclass(frozen=True, slots=True)
class Style:
    """The colors of one page mode, as #rrggbb."""

    mode: Mode = "light"

    @property
    def text(self) -> str:
        """The color of text, and of input vectors beside their parts."""
        return "#22252b" if self.mode == "light" else "#e6e4df"

    @property
    def paper(self) -> str:
        """The page's own color."""
        return "#fdfcfa" if self.mode == "light" else "#14171c"

    @property
    def quiet(self) -> str:
        """The color of what stands behind: clouds of points, rarer kinds, position vectors beside token vectors."""
        return "#a9a398" if self.mode == "light" else "#5b6472"

    @property
    def grid(self) -> str:
        """The color of hairlines, and of cells that hold nothing."""
        return "#e6e1d7" if self.mode == "light" else "#2c323b"

    @property
    def accent(self) -> str:
        """The color of bars and lines of one kind, as of the page's buttons and links."""
        return "#0b5fa5" if self.mode == "light" else "#6cb6f0"

    @property
    def chosen(self) -> str:
        """The color of what the reader chose: a token's frame, a threshold, a tie."""
        return "#111111" if self.mode == "light" else "#ffffff"

    @property
    def match(self) -> str:
        """The color of what was found: the matches of a search, the nearest rows."""
        return "#b3005e" if self.mode == "light" else "#ff7ac2"

    @property
    def trained(self) -> str:
        """The color of rows that training touched, beside those that it did not."""
        return self.kinds[0]

    @property
    def halo(self) -> str:
        """The shadow, in the page's color, that keeps words apart from the points under them."""
        return ", ".join(f"{x}px {y}px 1px {self.paper}" for x in (-1, 0, 1) for y in (-1, 0, 1))

    @property
    def never_trained(self) -> str:
        """The color of rows that training never touched."""
        return "#8a8478" if self.mode == "light" else "#7b8492"

    @property
    def tokens(self) -> tuple[str, ...]:
        """The six hues that tokens take in turn."""
        return _TOKENS[self.mode]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The six hues of a legend's kinds, in its order; what is rarer is `quiet`."""
        return _KINDS[self.mode]

    @property
    def batches(self) -> tuple[str, ...]:
        """The two shades that batches take in turn, and their windows with them."""
        return _BATCHES[self.mode]

    def token(self, position: int) -> str:
        """Return the one color of the token at `position` ≥ 0 of the text, the same on every page and chart."""
        return self.tokens[position % N_HUES]

    def kind(self, code: int, word: str = "") -> str:
        """Return the color of the kind at `code` ≥ 0 in a legend, or that of its `word` where the word has its own."""
        own = {TRAINED: self.trained, UNTRAINED: self.never_trained}
        own |= dict(zip(CATEGORIES, self.kinds, strict=True))
        return own.get(word) or (self.kinds[code] if code < N_HUES else self.quiet)

    @property
    def density(self) -> Scale:
        """A plotly color scale from nothing to crowded."""
        rgb = "70,66,58" if self.mode == "light" else "190,200,215"
        return [[0.0, f"rgba({rgb},0)"], [0.02, f"rgba({rgb},0.10)"], [1.0, f"rgba({rgb},0.62)"]]

    @property
    def continuous(self) -> Scale:
        """A plotly color scale for points that have a number."""
        return _even(_CONTINUOUS[self.mode])

    @property
    def diverging(self) -> Scale:
        """A plotly color scale for signed data, its neutral middle at zero."""
        return _even(_DIVERGING[self.mode])

    @property
    def sequential(self) -> Scale:
        """A plotly color scale for shares: from the page's own color to the strongest, lightness in even steps."""
        return _even(_DIVERGING[self.mode][3::-1])


def _even(colors: tuple[str, ...]) -> Scale:
    return [[index / (len(colors) - 1), color] for index, color in enumerate(colors)]
