"""A vocabulary as GGUF and SentencePiece have it: tokens with their types and scores, and settings by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from embedcore.errors import ModelFileError
from embedcore.tokens.entries import BYTE_ENTRIES
from embedcore.values import ByContent
from export.sources.broken import broken

# Types of tokens: SentencePiece's numbers, which ggml took over.
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
ADDED = 7  # no type of theirs: a token that is looked for before a text is cut, and is an ordinary one
SPACE: Final = "▁"  # what SentencePiece writes for a space
REMEDY: Final = "name the model's own tokenizer with --tokenizer"


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary(ByContent):
    """The lists and settings of a vocabulary; `tokens` and `types` have one entry for each id, from 0.

    `settings` have the names of GGUF's keys after "tokenizer.ggml.": "model", "scores", "merges", "unknown_token_id",
    "add_space_prefix" and so on. `label` is the name of the file, for messages.
    """

    label: str
    settings: Mapping[str, Any]
    tokens: Sequence[str]
    types: Sequence[int]
    remedy: str = REMEDY

    @property
    def ids(self) -> dict[str, int]:
        """Token → id, without the rows that stand for no token."""
        return {token: index for index, token in enumerate(self.tokens) if self.types[index] != UNUSED}

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting."""
        return self.settings.get(name, default)

    def token(self, name: str) -> str | None:
        """Return the token whose id a setting says; None where there is no such setting."""
        index = self.get(name)
        if index is None:
            return None
        if type(index) is not int or not 0 <= index < len(self.tokens):
            raise self.fault(f"the key {name} is {str(index)[:40]}, and there are {len(self.tokens):,} tokens")
        return self.tokens[index]

    @property
    def unknown(self) -> str | None:
        """The token of what is unknown; None where there is none."""
        unknown = self.token("unknown_token_id")
        if unknown is None and UNKNOWN in self.types:
            return self.tokens[list(self.types).index(UNKNOWN)]
        return unknown

    @property
    def has_bytes(self) -> bool:
        """Whether there is a token for each byte, "<0x00>" to "<0xFF>"."""
        return self.ids.keys() >= set(BYTE_ENTRIES)

    @property
    def scores(self) -> list[float]:
        """The score of each token. Raises ModelFileError where there are none, or not as many as tokens."""
        scores = self.get("scores")
        n_scores = len(scores) if isinstance(scores, list) else 0
        if n_scores != len(self.tokens) or not all(isinstance(score, float) for score in scores or ()):
            raise self.fault(f"it has {len(self.tokens):,} tokens and {n_scores:,} scores of them")
        return list(scores or ())

    def fault(self, what: str) -> ModelFileError:
        """Return the error that says what is wrong with this vocabulary, with the remedy."""
        return broken(self.label, what, self.remedy)
