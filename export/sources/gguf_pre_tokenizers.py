"""How byte-level vocabularies cut a text before they merge: GGUF's names of it → the parts of a tokenizer.json.

A name stands for many models; the pattern is the model's own, as its tokenizer.json has it.
"""

from collections.abc import Mapping
from typing import Any, Final

from embedcore.errors import ModelFileError

_Part = dict[str, Any]

_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_GPT2: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_SPACES: Final = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3: Final = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + _SPACES
_QWEN2: Final = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_WORDS: Final = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+CONTRACTED|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*CONTRACTED"
)
_O200K: Final = _WORDS.replace("CONTRACTED", _CONTRACTIONS + "?") + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + _SPACES
_TEKKEN: Final = _WORDS.replace("CONTRACTED", "") + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + _SPACES
_DEEPSEEK3: Final = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
    + _SPACES
)
_BLOOM: Final = r" ?[^(\s|.,!?…。，、।۔،)]+"


def _split(pattern: str) -> _Part:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _byte_level(*, use_regex: bool) -> _Part:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


_DIGITS: Final[_Part] = {"type": "Digits", "individual_digits": True}
_CUTS: Final[Mapping[str, list[_Part]]] = {
    "gpt-2": [_byte_level(use_regex=True)],
    "smollm": [_DIGITS, _byte_level(use_regex=True)],
    "llama-bpe": [_split(_LLAMA3), _byte_level(use_regex=False)],
    "qwen2": [_split(_QWEN2), _byte_level(use_regex=False)],
    "gpt-4o": [_split(_O200K), _byte_level(use_regex=False)],
    "tekken": [_split(_TEKKEN), _byte_level(use_regex=False)],
    "bloom": [_split(_BLOOM), _byte_level(use_regex=False)],
    "deepseek-v3": [
        _split(r"\p{N}{1,3}"),
        _split("[一-龥぀-ゟ゠-ヿ]+"),
        _split(_DEEPSEEK3),
        _byte_level(use_regex=False),
    ],
    "falcon": [
        _split(r"[\p{P}\$\+<=>\^~\|`]+"),
        _split(_GPT2),
        _split("[0-9][0-9][0-9]"),
        _byte_level(use_regex=False),
    ],
    # What llama.cpp does where a file says no name, or "default".
    "default": [
        _split(r"[\p{P}\$\+<=>\^~\|]+"),
        _split(_GPT2),
        _split(r"\p{N}+"),
        _split("[0-9][0-9][0-9]"),
        _byte_level(use_regex=False),
    ],
}
# Other names of the same cuts, each as llama.cpp has it.
_SAME: Final[Mapping[str, str]] = {
    **dict.fromkeys(("phi-2", "mpt", "olmo", "jais", "jina-v1-en", "jina-v2-code", "roberta-bpe"), "gpt-2"),
    **dict.fromkeys(("starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"), "smollm"),
    **dict.fromkeys(("llama3", "llama-v3", "dbrx", "smaug-bpe", "falcon3", "falcon-h1", "lfm2"), "llama-bpe"),
    **dict.fromkeys(("stablelm2", "deepseek-r1-qwen", "hunyuan", "megrez"), "qwen2"),
    **dict.fromkeys(("llama4",), "gpt-4o"),
    **dict.fromkeys(("pixtral",), "tekken"),
}
WHOLE_TOKENS: Final = frozenset({"llama-bpe", "gpt-4o", "tekken"})  # a piece that is a token is not merged again
COMPOSED: Final = frozenset({"qwen2"})  # the text is composed first (NFC)


def cut_of(name: str) -> str:
    """Return the cut that a name of tokenizer.ggml.pre stands for: "llama-bpe" for "llama3".

    Raises ModelFileError where the name is unknown here.
    """
    cut = _SAME.get(name, name)
    if cut not in _CUTS:
        known = ", ".join(sorted({*_CUTS, *_SAME}))
        msg = f"the vocabulary is cut as {name[:60]!r} says, which is none of the {len(_CUTS) + len(_SAME)} known here"
        raise ModelFileError(f"{msg} ({known}): name the model's own tokenizer with --tokenizer")
    return cut


def pre_tokenizer(cut: str) -> _Part:
    """Return the pre_tokenizer of a tokenizer.json."""
    parts = _CUTS[cut]
    return dict(parts[0]) if len(parts) == 1 else {"type": "Sequence", "pretokenizers": [dict(part) for part in parts]}
