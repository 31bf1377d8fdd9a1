"""Encoding: what one family of tokenizers must give; `Tokenizer` makes the same of every one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedcore.tokens.algorithm import Algorithm
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Encoded(ByContent):
    """The ids of a text and, where the tokens' bytes do not make the text again, which characters each one covers.

    `spans` is None for a lossless encoding: the bytes say it. One that folds case or drops white space must give it.
    """

    token_ids: Sequence[int]
    spans: Int64[np.ndarray, "n_tokens 2"] | None = None


@runtime_checkable
class Encoding(Protocol):
    """A vocabulary of byte strings with ids, and how text is cut into them.

    `n_vocab` counts rows, gaps included; `tokens` are the ordinary tokens, each with its id, in the order in which a
    search goes through them; `special_tokens` are names with their ids; `merges` gives each token's rank to byte-pair
    encodings whose ids are in the order of their merges, and is None for the others.
    """

    n_vocab: int
    special_tokens: Mapping[str, int]
    merges: Mapping[bytes, int] | None

    @property
    def tokens(self) -> Iterable[tuple[bytes, int]]:
        """The ordinary tokens, each with its id."""
        ...

    def encode(self, text: str, *, allow_special: bool) -> Encoded:
        """Cut `text`, which is whole Unicode. Raises TokenizationError, with the place, where it cannot be cut."""
        ...


@runtime_checkable
class Reader(Protocol):
    """What an encoding has besides that changes a text before it cuts it, or writes marks into its tokens.

    `rules` are all that it does to a text besides its vocabulary, as bytes: equal rules are equal bytes.
    """

    rules: bytes

    def normalized(self, text: str) -> str:
        """Return what is cut in place of `text`."""
        ...

    def joined(self, token_ids: Sequence[int]) -> tuple[bytes, ...]:
        """Return what each token adds to the text that all of them make: `##ing` adds "ing", a word its space."""
        ...


@runtime_checkable
class Explained(Protocol):
    """What an encoding has besides that can say how it comes to its tokens."""

    algorithm: Algorithm

    def whole_words(self, text: str, *, allow_special: bool) -> tuple[list[int], list[bool]]:
        """Return the ids of `text`, and for each whether it is a word of the text that is a token as it stands."""
        ...
