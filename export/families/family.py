"""Family: one row of the registry: how a kind of model makes what enters block 1."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError
from embedcore.layer.steps import Step
from embedcore.values import ByContent
from export.families.checkpoint import Checkpoint
from export.layer.spec import Weight

_ADDED: Final = ("learned", "sinusoidal")  # the schemes whose vectors are added to the rows


@dataclass(frozen=True, slots=True, eq=False)
class Positions(ByContent):
    """A scheme of `embedcore.schemes` with its parameters and, where it is learned, its stored numbers."""

    scheme: str = "none"
    parameters: dict[str, Any] = field(default_factory=dict)
    table: np.ndarray | None = None
    context_length: int | None = None  # where the scheme itself says how many places there are
    remark: str = ""

    @property
    def are_added(self) -> bool:
        """Whether the scheme gives vectors that are added to the rows."""
        return self.scheme in _ADDED


@dataclass(frozen=True, slots=True)
class Heads:
    """The queries and keys of block 1: the sizes of the heads, and steps from what enters block 1."""

    n_heads: int
    n_kv_heads: int
    head_dim: int
    query_steps: tuple[Step, ...] = ()
    key_steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class Building:
    """A layer while it is put together: the checkpoint, the weights that the steps name, and the table's names.

    `padding` is the position vector of padding tokens, and `adds_positions` says whether there are vectors to add, once
    the maker of the positions has run.
    """

    checkpoint: Checkpoint
    table_names: tuple[str, ...]
    weights: dict[str, Weight] = field(default_factory=dict)
    padding: np.ndarray | None = None
    adds_positions: bool = True

    def weight(self, name: str, values: Weight) -> str:
        """Keep a weight under a name of the file, and return the name."""
        self.weights[name] = values
        return name

    def padding_row(self) -> np.ndarray:
        """Return the position vector of padding tokens. Raises ModelFileError where the positions have none."""
        if self.padding is None:
            msg = "the family leaves padding tokens out of its places, and its positions have 0 vectors for them"
            raise ModelFileError(f"{msg}: report the model")
        return self.padding

    def head_sizes(self) -> Heads:
        """Return how many heads block 1 has and how wide they are, from config.json."""
        checkpoint = self.checkpoint
        n_heads = checkpoint.size("num_attention_heads")
        n_kv_heads = checkpoint.get("num_key_value_heads", "n_head_kv", default=n_heads)
        head_dim = checkpoint.get("head_dim", "dim_head", default=None) or checkpoint.size("hidden_size") // n_heads
        return Heads(n_heads, int(n_kv_heads), int(head_dim))


StepMaker = Callable[[Building], Step | None]
PositionMaker = Callable[[Building], Positions]
HeadMaker = Callable[[Building], Heads | None]


@dataclass(frozen=True, slots=True)
class Family:
    """A row: the model types, the token table's names, the steps, the positions, and block 1's queries and keys.

    A step maker returns None where the model at hand lacks the step (a token type that is not there). `heads` is None
    where block 1 has no queries and keys; `why_no_heads` says why, for a reader. `is_causal`: queries see no later key,
    as in decoders. `remark` is a sentence on what the file does not hold (per-layer rows, streams). `more_rows`
    names a second table whose rows follow.
    """

    types: tuple[str, ...]
    table: tuple[str, ...]
    steps: tuple[StepMaker, ...] = ()
    positions: PositionMaker | None = None
    heads: HeadMaker | None = None
    why_no_heads: str = ""
    is_causal: bool = True
    remark: str = ""
    more_rows: str = ""
    prefixes: tuple[str, ...] = ()
    context: tuple[str, ...] = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
