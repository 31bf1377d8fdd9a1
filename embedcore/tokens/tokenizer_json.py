"""A tokenizer.json, which may be anything, as checked JSON: its parts, its vocabulary, its added tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from embedcore.errors import TokenizationError
from embedcore.files.json_text import json_object
from embedcore.values import ByContent

LARGEST: Final = 64_000_000  # bytes; that of 262,144 tokens has 33,000,000
MOST_ROWS: Final = 4_000_000  # the largest id and 1: every row costs memory, a gap too
LONGEST_ENTRY: Final = 2_000  # characters of a token; a real one has 1,024 spaces
MODELS: Final = ("BPE", "WordPiece", "Unigram", "WordLevel")
_REMEDY: Final = "save it again with tokenizer.save() of the tokenizers package, or choose another file"


@dataclass(frozen=True, slots=True, eq=False)
class Added(ByContent):
    """A token that is looked for in the text before anything else; a `special` one only where a caller asks for it."""

    content: str
    token_id: int
    is_special: bool


@dataclass(frozen=True, slots=True, eq=False)
class TokenizerJson(ByContent):
    """A tokenizer.json that was checked: `parts` is all of it, `entries` the model's vocabulary with the ids."""

    label: str
    parts: Mapping[str, Any]
    entries: Mapping[str, int]
    added: tuple[Added, ...]

    @property
    def model(self) -> Mapping[str, Any]:
        """The model: its type, vocabulary and merges."""
        model: Mapping[str, Any] = self.parts["model"]
        return model

    @property
    def n_vocab(self) -> int:
        """The largest id, and 1."""
        return 1 + max(max(self.entries.values(), default=-1), max((each.token_id for each in self.added), default=-1))


def read_tokenizer_json(content: bytes, label: str) -> TokenizerJson:
    """Read and check `content`; messages name it `label`. Raises TokenizationError, with the place and the remedy."""
    if len(content) > LARGEST:
        msg = f"{label} has {len(content):,} bytes, and {LARGEST:,} is the most that is read of a tokenizer: {_REMEDY}"
        raise TokenizationError(msg)
    try:
        parts = json_object(content)
    except ValueError as error:
        msg = f"{label} is no usable tokenizer.json ({str(error)[:200]}): {_REMEDY}"
        raise TokenizationError(msg) from error
    model = parts.get("model")
    if not isinstance(model, dict):
        raise fault(label, "it has no 'model', which holds the vocabulary")
    kind = _kind(model)
    if kind not in MODELS:
        raise fault(label, f"its model is {str(kind)[:40]!r}, and {', '.join(MODELS)} are read here")
    # WARNING: dropout cuts a text in another way each time; truncation and padding change the ids without a word.
    parts |= {"model": model | {"type": kind}, "truncation": None, "padding": None, "post_processor": None}
    if kind == "BPE":
        parts["model"]["dropout"] = None
    read = TokenizerJson(
        label, parts, _entries(label, model.get("vocab"), kind), _added(label, parts.get("added_tokens"))
    )
    _check_ids(read)
    return read


def components(part: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what a normalizer, pre-tokenizer or decoder consists of: itself, or the parts of a sequence, in order."""
    if isinstance(part, Mapping):
        inner = next((part[key] for key in ("normalizers", "pretokenizers", "decoders") if key in part), None)
        if isinstance(inner, list):
            for each in inner:
                yield from components(each)
        else:
            yield part


def fault(label: str, what: str) -> TokenizationError:
    """Return the error that says what is wrong with a tokenizer.json, with the remedy."""
    return TokenizationError(f"{label} is no usable tokenizer.json: {what}; {_REMEDY}")


def _kind(model: Mapping[str, Any]) -> Any:
    """Return the type of a model; files of early versions leave it out."""
    if "type" in model:
        return model["type"]
    if "merges" in model:
        return "BPE"
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    return "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _entries(label: str, vocab: Any, kind: str) -> dict[str, int]:
    if kind == "Unigram":
        pairs = vocab if isinstance(vocab, list) else [None]
        names = [pair[0] if isinstance(pair, list) and len(pair) == 2 else None for pair in pairs]
        entries = {name: token_id for token_id, name in enumerate(names) if isinstance(name, str)}
        if len(entries) < len(names):
            raise fault(label, "the vocabulary of its Unigram model is no list of pieces, each once, with their scores")
    elif isinstance(vocab, dict):
        entries = vocab
    else:
        raise fault(label, f"the vocabulary of its {kind} model is no object of tokens with their ids")
    for name, token_id in entries.items():
        if not isinstance(token_id, int) or isinstance(token_id, bool) or token_id < 0:
            raise fault(label, f"the id of the token {name[:40]!r} is {str(token_id)[:20]}, and no whole number from 0")
        if len(name) > LONGEST_ENTRY:
            raise fault(label, f"the token {token_id} has {len(name):,} characters, and {LONGEST_ENTRY:,} is the most")
    return entries


def _added(label: str, added: Any) -> tuple[Added, ...]:
    if added is None:
        return ()
    if not isinstance(added, list):
        raise fault(label, "its 'added_tokens' are no list")
    tokens = []
    for each in added:
        content, token_id = (each.get("content"), each.get("id")) if isinstance(each, dict) else (None, None)
        is_whole = isinstance(token_id, int) and not isinstance(token_id, bool) and token_id >= 0
        if not isinstance(content, str) or not content or not isinstance(token_id, int) or not is_whole:
            raise fault(label, f"the added token {str(each)[:60]} has no text and no id from 0")
        if len(content) > LONGEST_ENTRY:
            raise fault(
                label, f"the token {token_id} has {len(content):,} characters, and {LONGEST_ENTRY:,} is the most"
            )
        tokens.append(Added(content, token_id, each.get("special") is True))
    return tuple(tokens)


def _check_ids(read: TokenizerJson) -> None:
    """Raise TokenizationError where there is no token, two tokens have one id, or an id is too large."""
    if not read.entries and not read.added:
        raise fault(read.label, "its vocabulary is empty")
    if read.n_vocab > MOST_ROWS:
        raise fault(read.label, f"its largest id is {read.n_vocab - 1:,}, and {MOST_ROWS - 1:,} is the most")
    owners: dict[int, str] = {}
    for name, token_id in (*read.entries.items(), *((each.content, each.token_id) for each in read.added)):
        if owners.setdefault(token_id, name) != name:
            raise fault(read.label, f"two tokens have the id {token_id}: {owners[token_id][:40]!r} and {name[:40]!r}")
    for each in read.added:
        if read.entries.get(each.content, each.token_id) != each.token_id:
            ids = f"{read.entries[each.content]} and {each.token_id}"
            raise fault(read.label, f"the token {each.content[:40]!r} has two ids, {ids}")
