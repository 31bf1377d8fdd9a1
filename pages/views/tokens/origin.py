"""A sentence on how a tokenizer comes to a token: by merges, or by what it does instead."""

from collections.abc import Mapping
from typing import Final

from embedcore.tokens.merges import Building, Origin
from embedcore.tokens.tokenizer import Tokenizer
from pages.views.tokens import parts

_SENTENCES: Final[Mapping[Origin, str]] = {
    Origin.BYTE: "the tokenizer writes a character that is no token as its bytes, and this is one of them. No merge makes it.",
    Origin.SPECIAL: "this is a special token. The tokenizer looks for its name as a whole, before it cuts the rest of a text.",
    Origin.ADDED: "this is an added token. The tokenizer looks for it as a whole, before it cuts the rest of a text.",
    Origin.UNKNOWN: "this token stands for whatever the tokenizer has no token for.",
    Origin.WORD_PIECE: "this tokenizer is WordPiece, which has no merges. It takes the longest token that a word begins with, and does the same with the rest of the word.",
    Origin.UNIGRAM: "this tokenizer is Unigram, which has no merges. Each token has a probability, and of all the ways to cut a text it takes the most probable one.",
    Origin.WORD: "this tokenizer knows whole words alone, and has no merges. It looks each word of a text up in its vocabulary.",
    Origin.LOOKED_UP: "this tokenizer has no merges. It looks for its tokens in the text as they are.",
    Origin.GAP: "no text ever becomes this id.",
}
_ONE: Final = {"bytes": "a single byte", "characters": "a single character"}


def sentence(tokenizer: Tokenizer, built: Building, *, is_whole: bool | None) -> str:
    """Return how the token comes about; `is_whole` says whether it was a word that was taken as it is (None: unknown)."""
    if built.origin in _SENTENCES:
        return _SENTENCES[built.origin]
    if built.origin is Origin.SYMBOL:
        return f"this is {_ONE[built.symbols]}. Merges start from single {built.symbols}."
    if built.origin is Origin.UNREACHED:
        return _unreached(tokenizer, built, is_whole=is_whole)
    usual = f"byte-pair encoding starts with single {built.symbols} and always merges the pair of the lowest rank, the one that was learned earliest."
    if is_whole:
        return f"the text has it as a whole word, which this tokenizer takes at once, without merges. Inside a longer word merges build it: {usual}"
    if is_whole is None:
        return f"{usual} A whole word that is a token is taken at once instead, without merges."
    return usual


def formula(tokenizer: Tokenizer) -> str:
    """Return the way from a text to its ids, with what the tokenizer takes the text as before it comes to tokens."""
    algorithm, first = tokenizer.algorithm, ""
    if tokenizer.merges is not None:
        first = "bytes"
    elif algorithm is not None and algorithm.merges is not None:
        first = algorithm.merges.symbols
    elif algorithm is not None and algorithm.kind != "Unigram":
        first = "words"
    stages = [rf"\text{{{stage}}}" for stage in ("text", first, "tokens", "ids") if stage]
    return r" \to ".join(stages) + r" \in \{0, \dots, n_\text{vocab} - 1\}"


def _unreached(tokenizer: Tokenizer, built: Building, *, is_whole: bool | None) -> str:
    """Return what is so of a token that no merges come to."""
    stop = (
        f"they stop at {parts.line(built.parts)}"
        if built.parts
        else f"one of its {built.symbols} is no token by itself"
    )
    if is_whole:
        return f"the text has it as a whole word, which this tokenizer takes at once. Merges do not build it: {stop}."
    takes_words = tokenizer.algorithm is not None and tokenizer.algorithm.takes_words
    reached = "only a text with the whole word becomes it" if takes_words else "no text becomes it"
    return f"merges do not build this token: {stop}. So {reached}."
