"""What every view of the Positions page shows: the reader's text, the schemes that are compared on it, and the heads."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from embedcore.checks.sizes import head_width
from embedcore.layer.block import FirstBlock
from embedcore.model.first_block import first_block
from embedcore.model.model import InputLayer
from embedcore.schemes import Heads, Scheme
from embedcore.schemes.declaration import Declaration
from embedcore.schemes.registry import SCHEMES
from pages.shared.reading import Reading


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scheme that the reader compares; `model` names the model whose file its parameters are from, None for none.

    `own_of` names the model whose block 1 it acts in, where it is that model's own scheme on its own queries and keys.
    """

    scheme: Scheme
    model: str | None = None
    own_of: str | None = None

    @property
    def declared(self) -> Declaration:
        """What the scheme's own file declares of it."""
        return SCHEMES[self.scheme.name]

    @property
    def title(self) -> str:
        """The scheme's name for readers."""
        return self.declared.title


@dataclass(frozen=True, slots=True)
class Comparison:
    """The reader's text, the schemes on it, and how vectors are cut into heads.

    `block` makes the queries and keys of block 1 on which the schemes act; None where the vectors themselves stand in
    for them. A view draws its own controls into `row`, beside the choice of views, and those that are seldom changed
    into `settings`.
    """

    reading: Reading
    chosen: tuple[Chosen, ...]
    heads: Heads
    row: AbstractContextManager[Any]
    settings: AbstractContextManager[Any]
    block: FirstBlock | None = None

    @property
    def vectors(self) -> Float32[np.ndarray, "n_tokens width"]:
        """The vectors of the text before any position: those that block 1 starts from, or the token vectors."""
        return self.vectors_of(self.reading.layer)

    def vectors_of(self, layer: InputLayer) -> Float32[np.ndarray, "n_tokens width"]:
        """Return the same of another text, which the model has run."""
        if self.block is None:
            return layer.token_embeddings[0]
        if layer is self.reading.layer:
            return self.block.rows
        block = first_block(self.reading.model, layer)
        assert block is not None  # the file has queries and keys, whatever the text
        return block.rows

    @property
    def queries(self) -> Float32[np.ndarray, "n_tokens width"]:
        """What a scheme that acts in attention takes for the queries of the text."""
        return self.vectors if self.block is None else self.block.queries(self.vectors)

    @property
    def keys(self) -> Float32[np.ndarray, "n_tokens width"]:
        """What a scheme that acts in attention takes for the keys of the text, one for each head of the queries."""
        return self.vectors if self.block is None else self.block.keys(self.vectors)

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        if self.block is not None:
            return self.block.head_dim
        return head_width(self.reading.model.metadata.stored_width, self.heads.n_heads)

    @property
    def pair_words(self) -> str:
        """Say which frequency is shown, where only one is."""
        if self.heads.pair is None:
            return ""
        if self.block is not None:
            return f" Where a scheme rotates queries and keys, only pair {self.heads.pair} of the head is shown."
        return f" Where a scheme has frequencies, only pair {self.heads.pair} of the head is shown."

    @property
    def query(self) -> int:
        """The query's index: that of the token which every page explains."""
        return self.reading.explained
