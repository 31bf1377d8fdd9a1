"""What the Positions page says of one scheme: its card, its code, and what only this scheme has to say.

    schemes/<scheme>.py: PRESENTED ─ presentations ─▶ formulas (cards), scheme_snippets (code), added (notes)

In formulas q, k are one head's query and key, d is head_dim, i the query's place and j the key's, unless the paper has
other symbols.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedcore.schemes import Heads
from embedcore.values import ByContent
from pages.views.positions.snippets.case import Case

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class Card:
    """A scheme for readers: what it does and where, its formula in LaTeX, what is trained, what is fixed, who uses it.

    `learned` and `fixed` are phrases without a period; `learned` is "nothing" where nothing is. `used_by` pairs names
    of models with where that is written, as "Authors Year".
    """

    sentence: str
    formula: str
    learned: str
    fixed: str
    used_by: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One way in which a scheme can be set, where it has a card of its own."""

    title: str
    card: Card


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Code(ByContent):
    """A scheme's own lines in PyTorch or in ONNX Runtime; the lines that all schemes share stand around them.

    `scores` make `scores` of `q` and `k`. `vectors`, of a scheme that adds at the input, make `vectors` of `rows`;
    a scheme that acts elsewhere has none. `rows` read the rows of the tokens where the shared line does not do.
    """

    scores: Lines
    vectors: Lines = ()
    rows: Lines = ()
    imports: Lines = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Presentation:
    """All that the page knows of one scheme beyond its declaration; `PRESENTED` of its file lists it.

    `pytorch` and `runtime` write its code. `note` is a sentence under what the scheme gives. `variants` are the ways in which it can be set, by the value of its
    chooser; `variant` is the one that adds to the card of a scheme as it is set.
    """

    scheme: type[Any]  # of Scheme
    card: Card
    pytorch: Callable[[Any, Case], Code]
    runtime: Callable[[Any, Case], Code]
    note: Callable[[Any, Heads], str] | None = None
    variants: Mapping[str, Variant] = field(default_factory=dict)
    variant: Callable[[Any], Variant | None] | None = None

    @property
    def name(self) -> str:
        """The contract's name for the scheme."""
        name: str = self.scheme.name
        return name
