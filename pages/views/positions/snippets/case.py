"""What both dialects of a scheme's code are told: the ids that are shown, the sizes, the heads."""

from dataclasses import dataclass

import numpy as np

from embedcore.errors import ShapeError
from embedcore.model.model import Model
from embedcore.schemes import Heads, Scheme, Tokens
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.registry import SCHEMES
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Case(ByContent):
    """One text, model and choice of heads: sizes as numbers, and the pieces of code that depend on them alone."""

    model: Model
    token_ids: list[int]
    heads: Heads

    @classmethod
    def of(cls, scheme: Scheme, model: Model, token_ids: list[int], heads: Heads) -> "Case":
        """Return the case.

        Raises ShapeError where the scheme itself would, or where its table is not the one in the model's file.
        """
        nothing = Tokens.of(np.zeros((1, model.metadata.d_model), np.float32))
        scheme.attend(nothing, nothing, heads)
        _check_table(scheme, model)
        return cls(model, [int(token_id) for token_id in token_ids], heads)

    @property
    def n(self) -> int:
        """How many tokens the code has."""
        return len(self.token_ids)

    @property
    def d_model(self) -> int:
        """The width of a row."""
        return self.model.metadata.d_model

    @property
    def n_heads(self) -> int:
        """How many heads a row is cut into."""
        return self.heads.n_heads

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        return self.d_model // self.n_heads

    @property
    def root(self) -> str:
        """The code of √head_dim."""
        return f"{self.head_dim}**0.5"

    @property
    def n_chosen(self) -> int:
        """How many heads are wanted."""
        return len(self.heads.chosen)

    @property
    def chosen(self) -> str:
        """The index that takes the wanted head of an array [n_heads, …]; nothing where all are wanted."""
        return "" if self.heads.head is None else f"[{self.heads.head}:{self.heads.head + 1}]"

    @property
    def chosen_column(self) -> str:
        """The same for an array [n_rows, n_heads]."""
        return "" if self.heads.head is None else f"[:, {self.heads.head}:{self.heads.head + 1}]"

    def times(self, scheme: Absolute, number: str = "{}") -> str:
        """Return the code that multiplies the rows; nothing where they stay as they are. `number` wraps the factor."""
        if scheme.row_scale == 1:
            return ""
        return " * " + number.format(f"{self.d_model}**0.5" if scheme.row_scale is None else scheme.row_scale)

    @property
    def split(self) -> str:
        """The shape of queries and keys."""
        return f"[{self.n_chosen}, {self.n}, {self.head_dim}]"

    @property
    def scores(self) -> str:
        """The shape of the scores."""
        return f"[{self.n_chosen}, {self.n}, {self.n}]"


def draw_numbers(seed: int, *shape: int) -> str:
    """Return the numpy code that draws what `embedcore.schemes` draws."""
    return f"np.random.default_rng({seed}).standard_normal({shape}, dtype=np.float32)"


def _check_table(scheme: Scheme, model: Model) -> None:
    table = getattr(scheme, "table", None)
    if table is None:
        return
    own = None
    if model.metadata.position_scheme == scheme.name:
        own = model.positions if SCHEMES[scheme.name].needs_model else model.position_table
    if own is None or not np.array_equal(table, own):
        size = "none" if own is None else f"{list(own.shape)} of other numbers"
        msg = (
            f"the table {list(table.shape)} of the scheme {scheme.name!r} is not in {model.name}.onnx, which has {size}: "
            "take the scheme of this model, or draw a table from a seed"
        )
        raise ShapeError(msg)
