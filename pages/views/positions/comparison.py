"""What every view of the Positions page shows: the reader's text, the schemes that are compared on it, and the heads."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from embedcore.checks.sizes import head_width
from embedcore.schemes import Heads, Scheme
from embedcore.schemes.declaration import Declaration
from embedcore.schemes.registry import SCHEMES
from pages.shared.reading import Reading


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scheme that the reader compares; `model` names the model whose file its parameters are from, None for none."""

    scheme: Scheme
    model: str | None = None

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

    A view draws its own controls into `row`, beside the choice of views, and those that are seldom changed into `settings`.
    """

    reading: Reading
    chosen: tuple[Chosen, ...]
    heads: Heads
    row: AbstractContextManager[Any]
    settings: AbstractContextManager[Any]

    @property
    def vectors(self) -> Float32[np.ndarray, "n_tokens d_model"]:
        """The token vectors, before any position."""
        return self.reading.layer.token_embeddings[0]

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        return head_width(self.reading.model.metadata.stored_width, self.heads.n_heads)

    @property
    def pair_words(self) -> str:
        """Say which frequency is shown, where only one is."""
        if self.heads.pair is None:
            return ""
        return f" Where a scheme has frequencies, only pair {self.heads.pair} of the head is shown."

    @property
    def query(self) -> int:
        """The query's index: that of the token which every page explains."""
        return self.reading.explained
