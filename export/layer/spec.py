"""LayerSpec: all that a model file holds, before it is written: the table, the steps, the positions and the words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from embedcore.layer.rule import Rule
from embedcore.layer.steps import Step, width_after
from embedcore.values import ByContent
from export.sources.source import Blocks

Weight = np.ndarray | Blocks
MOST_ROWS: Final = 8_192  # of a table that are read at once


@dataclass(frozen=True, slots=True, eq=False)
class Table(ByContent):
    """The token table [n_vocab, stored_width]: float32, float16 or blocks ("int8"), read in slices of rows.

    `read` gives the rows of a slice as they are stored: an array of `dtype`, or Blocks.
    """

    n_vocab: int
    stored_width: int
    dtype: str
    read: Callable[[slice], Weight] = field(compare=False)

    @classmethod
    def of(cls, values: Weight) -> "Table":
        """Return the table of an array, or of blocks, that is in memory already."""
        if isinstance(values, Blocks):
            n_rows, n_blocks, size = values.values.shape
            return cls(n_rows, n_blocks * size, "int8", lambda rows: Blocks(values.values[rows], values.scales[rows]))
        return cls(values.shape[0], values.shape[1], values.dtype.name, lambda rows: values[rows])


@dataclass(frozen=True, slots=True, eq=False)
class LayerSpec(ByContent):
    """An input layer as data. `weights` are those that the steps name, float32, float16 or blocks.

    `scheme` and `parameters` are those of `embedcore.schemes`; `position_table` is what a learned scheme stores: the
    position vectors, or T5's numbers. `query_steps` and `key_steps` lead from what enters block 1 to its queries and
    keys before any position acts, and are empty where the layer has none; `rule` says how they become weights, and is
    None where nothing is known of it. `tokenizer` is a built-in tokenizer's
    name, or any name where `tokenizer_json` is given. `remarks` are sentences on what the file does not hold.
    """

    table: Table
    d_model: int
    context_length: int
    steps: tuple[Step, ...] = ()
    weights: Mapping[str, Weight] = field(default_factory=dict)
    scheme: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    position_table: np.ndarray | None = None
    query_steps: tuple[Step, ...] = ()
    key_steps: tuple[Step, ...] = ()
    n_heads: int = 1
    n_kv_heads: int = 1
    head_dim: int = 0
    rule: Rule | None = None
    tokenizer: str = ""
    tokenizer_json: bytes | None = None
    license: str = ""
    source: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def end_width(self) -> int:
        """The width of the vectors after all steps, which must be d_model."""
        return width_after(self.steps, self.table.stored_width)
