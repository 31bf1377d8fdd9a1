"""How a tokenizer comes to its tokens: by merges, by the longest piece, by the most probable cut, or word by word."""

from dataclasses import dataclass
from typing import Literal

from embedcore.tokens.merge_list import MergeList

Kind = Literal["BPE", "WordPiece", "Unigram", "WordLevel"]


@dataclass(frozen=True, slots=True)
class Algorithm:
    """The algorithm of a tokenizer, and which of its tokens come about in another way.

    `added` are ids that are looked for in the text as a whole, besides special tokens; `unknown` is the id of what has
    no token; `byte_ids` are bytes, which stand for a character that is no token; `merges` is the list of merges of BPE,
    None where the ids are the ranks (`Tokenizer.merges`). `takes_words` says that a word which is a token is taken as
    it is, without merges.
    """

    kind: Kind
    added: frozenset[int] = frozenset()
    unknown: int | None = None
    byte_ids: frozenset[int] = frozenset()
    merges: MergeList | None = None
    takes_words: bool = False
