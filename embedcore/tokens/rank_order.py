r"""Which tokenizer.json tiktoken cuts alike, and faster: byte-level BPE whose ids are in the order of its merges.

`tokenizers` merges the pairs that its list names, tiktoken any pair that makes a token, both the earliest token first.
They agree on every text if the list is in the order of the ids, and each token is what its own bytes are merged to:
then just before token k is made, its bytes are one pair, which is the pair of the list, wherever they stand.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from embedcore.tokens.entries import BYTES
from embedcore.tokens.tokenizer_json import TokenizerJson

_WORDS: Final = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+"
GPT2: Final = rf"{_WORDS}| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+"
# Digits stand alone, and white space before one is cut as it is at the end of a text.
DIGITS: Final = rf"\p{{N}}|{_WORDS}| ?[^\s\p{{L}}\p{{N}}]+|\s+(?![^\s\p{{N}}])|\s+"
_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLITS: Final = (rf"{_CONTRACTIONS}\p{{N}}{{1,3}}{_REST}", rf"{_CONTRACTIONS}\p{{N}}{_REST}")  # Llama 3's, Qwen 2's


def ranks_and_pattern(read: TokenizerJson) -> tuple[dict[bytes, int], str] | None:
    """Return the rank of each token, which is its id, and tiktoken's pattern; None where tiktoken may cut otherwise."""
    model = read.model
    marks = ("continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")
    pattern = _pattern(read.parts.get("pre_tokenizer"))
    is_plain = (
        model["type"] == "BPE" and not any(model.get(mark) for mark in marks) and not read.parts.get("normalizer")
    )
    if pattern is None or not is_plain or not all(each.is_special for each in read.added):
        return None
    special = {each.content for each in read.added}
    own = {entry: token_id for entry, token_id in read.entries.items() if entry not in special}
    if not all(character in BYTES for entry in own for character in entry):
        return None
    if not _is_in_order(own, model.get("merges")):
        return None
    return {bytes(BYTES[character] for character in entry): token_id for entry, token_id in own.items()}, pattern


def _pattern(part: Any) -> str | None:
    parts = part.get("pretokenizers") if isinstance(part, Mapping) and part.get("type") == "Sequence" else [part]
    if not isinstance(parts, list) or not parts or not all(isinstance(each, Mapping) for each in parts):
        return None
    *before, last = parts
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space") is not False:
        return None
    if last.get("use_regex", True):
        if not before:
            return GPT2
        is_digits = before == [{"type": "Digits", "individual_digits": True}]
        return DIGITS if is_digits else None
    for split in SPLITS:
        if before == [{"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": False}]:
            return split
    return None


def _is_in_order(own: Mapping[str, int], merges: Any) -> bool:
    """Return whether the merges are in the order of the ids that they make, and make every token from its own bytes."""
    import tokenizers

    pairs = [tuple(each.split(" ")) if isinstance(each, str) else tuple(each) for each in merges or ()]
    made = [own.get("".join(pair), -1) for pair in pairs]
    if any(len(pair) != 2 for pair in pairs) or any(one > two for one, two in pairwise(made)):
        return False
    if -1 in made:
        return False
    try:
        model = tokenizers.models.BPE(dict(own), [(one, two) for one, two in pairs])
        return all([token.id for token in model.tokenize(entry)] == [token_id] for entry, token_id in own.items())
    except Exception:  # whatever is wrong is said where the file is opened
        return False
