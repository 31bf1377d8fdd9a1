"""Tokenizers of a tokenizer.json, by the `tokenizers` package: byte-level BPE, WordPiece, Unigram, words."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from jaxtyping import Int64

from embedcore.errors import TokenizationError
from embedcore.tokens.algorithm import Algorithm
from embedcore.tokens.character_map import Rewritten, without_map
from embedcore.tokens.encoding import Encoded, Encoding
from embedcore.tokens.entries import BYTE_ENTRIES, Writing, writing_of
from embedcore.tokens.labels import quoted
from embedcore.tokens.merge_list import MergeList
from embedcore.tokens.rank_order import GPT2, ranks_and_pattern
from embedcore.tokens.single_precision import MARK, SinglePrecision, recut
from embedcore.tokens.tokenizer_json import TokenizerJson, fault, read_tokenizer_json

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

_Result = TypeVar("_Result")


class HuggingFaceEncoding:
    """The encoding of a tokenizer.json. No token is ever added to those of the text: no [CLS], no [SEP], no padding."""

    def __init__(self, read: TokenizerJson) -> None:
        self._label = read.label
        self._map, parts = without_map(read)
        self._tokenizer = _built(read, parts)
        self._lock = threading.Lock()
        self._writing = writing_of(read)
        self._has_unknown = _unknown(read) is not None
        self._kind = str(read.model["type"])
        self._single = SinglePrecision(read) if read.model.get(MARK) is True and self._kind == "Unigram" else None
        self._added_ids = {each.token_id for each in read.added} - {read.model.get("unk_id")}
        self.n_vocab = read.n_vocab
        self._added = [each.content for each in read.added if not each.is_special]
        self.special_tokens: Mapping[str, int] = {each.content: each.token_id for each in read.added if each.is_special}
        added = {each.content: each.token_id for each in read.added if not each.is_special}
        own = {entry: token_id for entry, token_id in read.entries.items() if entry not in self.special_tokens}
        # An entry that is a character's own comes before the byte that is the same, which no text becomes.
        ordered = sorted(own, key=self._writing.is_byte)
        self._ids = [(self._writing.token(entry), own[entry]) for entry in ordered if entry not in added]
        self._ids += [(content.encode(), token_id) for content, token_id in added.items()]
        self._bytes = {token_id: token for token, token_id in self._ids}
        self._bytes |= {token_id: name.encode() for name, token_id in self.special_tokens.items()}
        ranked = ranks_and_pattern(read)
        self._fast = None if ranked is None else _by_tiktoken(read, *ranked)
        self.merges: Mapping[bytes, int] | None = None if ranked is None else ranked[0]
        # Bytes that are no token: `tokenizers` leaves them out, and keeps the other bytes of their character.
        single = {token[0] for token in self._bytes.values() if len(token) == 1}
        self._lacked = frozenset(range(256)) - single if self._writing.is_byte_level else frozenset[int]()
        self.rules = b"" if ranked is not None and ranked[1] == GPT2 else _rules(read)
        self.algorithm = _algorithm(read, self._tokenizer, self._writing, is_ranked=ranked is not None)

    @property
    def tokens(self) -> Iterable[tuple[bytes, int]]:
        """The ordinary tokens and their ids; bytes that stand for themselves come after characters."""
        return self._ids

    def encode(self, text: str, *, allow_special: bool) -> Encoded:
        """Cut `text`. Raises TokenizationError at a character for which the tokenizer has no token at all."""
        if self._fast is not None and not allow_special:
            token_ids = self._fast.encode_ordinary(text)
            if max(token_ids, default=0) < self.n_vocab:
                return Encoded(token_ids)  # else a byte of the text is no token, which is for `tokenizers` to say
        encoding, new = self._cut(text, allow_special=allow_special)
        token_ids, spans = list(encoding.ids), np.array(encoding.offsets, np.int64).reshape(-1, 2)
        if self._single is not None:
            written = new.text if new else text
            token_ids, spans = recut(self._single, self._tokenizer, written, encoding, self._added_ids)
        spans = new.in_first(spans, len(text)) if new else spans
        if b"".join(self._bytes.get(token_id, b"") for token_id in token_ids) == text.encode():
            return Encoded(token_ids)
        if not self._has_unknown:
            self._check_all_is_read(text, spans)
        if len(spans) > 1 and not spans[:2, 0].any() and self._bytes.get(token_ids[0]) == b" ":
            # A space that the tokenizer put before the text covers no character, though `tokenizers` gives it the first
            # one, which the second token has too.
            spans[0] = 0
        return Encoded(token_ids, spans)

    def normalized(self, text: str) -> str:
        """Return what the tokenizer makes of `text` before it cuts it: in lower case, say, or without accents."""
        normalizer, new = self._tokenizer.normalizer, self._rewritten(text, self._added)
        text = new.text if new else text
        if normalizer is None:
            return text
        return guarded(lambda: str(normalizer.normalize_str(text)), f"{self._label} cannot read this text")

    def joined(self, token_ids: Sequence[int]) -> tuple[bytes, ...]:
        """Return what each token adds to the text that all of them make."""
        return self._writing.joined([self._bytes.get(token_id, b"") for token_id in token_ids])

    def whole_words(self, text: str, *, allow_special: bool) -> tuple[list[int], list[bool]]:
        """Return the ids of `text`, and for each whether it is a word that is a token as it stands.

        Raises TokenizationError where the text cannot be cut.
        """
        (encoding, _), merges = self._cut(text, allow_special=allow_special), self.algorithm.merges
        n_tokens = Counter(encoding.word_ids)
        is_whole = [
            n_tokens[word] == 1 and not (merges is not None and merges.ends_word(token_id))
            for word, token_id in zip(encoding.word_ids, encoding.ids, strict=True)
        ]
        return list(encoding.ids), is_whole

    def _cut(self, text: str, *, allow_special: bool) -> "tuple[tokenizers.Encoding, Rewritten | None]":
        """Return `text` as `tokenizers` cuts it, and what stands for it there where that is another text."""
        new = self._rewritten(text, [*self._added, *self.special_tokens] if allow_special else self._added)
        with self._lock:  # what is read as a special token is a state of the tokenizer
            self._tokenizer.encode_special_tokens = not allow_special
            try:
                encoding = guarded(
                    lambda: self._tokenizer.encode(new.text if new else text, add_special_tokens=False),
                    f"{self._label} cannot cut this text",
                )
            except TokenizationError as error:
                raise self._unknown_word(text) or error from error
        return encoding, new

    def _rewritten(self, text: str, kept: Sequence[str]) -> Rewritten | None:
        return None if self._map is None else self._map.rewritten(text, kept)

    def _unknown_word(self, text: str) -> TokenizationError | None:
        """Return what is wrong with a text that has a word which no token is; None where that is not the reason."""
        if self._has_unknown or self._kind != "WordLevel":
            return None
        cutter, normalized = self._tokenizer.pre_tokenizer, self.normalized(text)
        pieces = [normalized] if cutter is None else [piece for piece, _ in cutter.pre_tokenize_str(normalized)]
        known = self._tokenizer.get_vocab(with_added_tokens=True)
        for piece in pieces:
            if piece not in known:
                msg = (
                    f"{quoted(piece)} is none of the {len(known):,} words of {self._label}, which has no other token: "
                    "take it out of the text, or choose another model"
                )
                return TokenizationError(msg)
        return None

    def _check_all_is_read(self, text: str, spans: Int64[np.ndarray, "n_tokens 2"]) -> None:
        is_read = np.zeros(len(text) + 1, np.int64)
        np.add.at(is_read, spans[:, 0], 1)
        np.add.at(is_read, spans[:, 1], -1)
        is_left_out = np.cumsum(is_read[:-1]) == 0
        for place, character in enumerate(text):
            is_lost = is_left_out[place] and not character.isspace() and bool(self.normalized(character).strip())
            if is_lost or not self._lacked.isdisjoint(character.encode()):
                msg = (
                    f"{quoted(text[place])} at character {place} is no token of {self._label}, which has none for "
                    "what it does not know: take it out of the text, or choose another model"
                )
                raise TokenizationError(msg)


def encoding_from_json(content: bytes, label: str) -> Encoding:
    """Return the encoding of a tokenizer.json, which messages name `label`. Raises TokenizationError if it is none."""
    return HuggingFaceEncoding(read_tokenizer_json(content, label))


def guarded(call: Callable[[], _Result], what: str) -> _Result:
    """Return what `call` returns; whatever `tokenizers` raises becomes a TokenizationError that says `what`.

    WARNING: a panic of Rust comes as PanicException, which is no Exception.
    """
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        msg = f"{what} ({str(error)[:200]}): choose another tokenizer, or another text"
        raise TokenizationError(msg) from error


def _built(read: TokenizerJson, parts: Mapping[str, Any]) -> "tokenizers.Tokenizer":
    import tokenizers  # costs 0.1 s, which an import of embedcore does not owe

    content = json.dumps(parts, ensure_ascii=False)
    tokenizer = guarded(lambda: tokenizers.Tokenizer.from_str(content), f"{read.label} is no usable tokenizer.json")
    sizes = (
        tokenizer.get_vocab_size(with_added_tokens=True),
        len({*read.entries, *(each.content for each in read.added)}),
    )
    if sizes[0] != sizes[1]:
        raise fault(read.label, f"it names {sizes[1]:,} tokens, and {sizes[0]:,} of them can be used")
    return tokenizer


def _algorithm(
    read: TokenizerJson, tokenizer: "tokenizers.Tokenizer", writing: Writing, *, is_ranked: bool
) -> Algorithm:
    """Return how the tokenizer comes to its tokens; where its ids are ranks, it needs no list of merges."""
    has_list = read.model["type"] == "BPE" and not is_ranked
    what = f"{read.label} has no usable list of merges"
    byte_ids = [read.entries[entry] for entry in BYTE_ENTRIES if writing.has_bytes and entry in read.entries]
    return Algorithm(
        kind=read.model["type"],
        added=frozenset(each.token_id for each in read.added if not each.is_special),
        unknown=_unknown(read),
        byte_ids=frozenset(byte_ids),
        merges=guarded(lambda: MergeList(read, tokenizer.model, writing), what) if has_list else None,
        takes_words=read.model.get("ignore_merges") is True,
    )


def _by_tiktoken(read: TokenizerJson, ranks: Mapping[bytes, int], pattern: str) -> "tiktoken.Encoding":
    """Return tiktoken's encoding; bytes that are no token, without which it panics, get ids past the vocabulary."""
    import tiktoken

    single = [bytes([byte]) for byte in range(256)]
    spare = {byte: read.n_vocab + number for number, byte in enumerate(each for each in single if each not in ranks)}
    all_ranks = {**ranks, **spare}
    return guarded(
        lambda: tiktoken.Encoding(read.label, pat_str=pattern, mergeable_ranks=all_ranks, special_tokens={}),
        f"{read.label} cannot be opened",
    )


def _rules(read: TokenizerJson) -> bytes:
    """Return a sha256 of what the tokenizer does to a text, its vocabulary apart; the list of merges may be large."""
    model = {name: value for name, value in read.model.items() if name != "vocab"}
    rules = json.dumps([read.parts.get("normalizer"), read.parts.get("pre_tokenizer"), model], sort_keys=True)
    return hashlib.sha256(rules.encode()).digest()


def _unknown(read: TokenizerJson) -> int | None:
    """Return the id of the model's token for what it does not know; None where it has none."""
    model: Mapping[str, Any] = read.model
    return model.get("unk_id") if model["type"] == "Unigram" else read.entries.get(model.get("unk_token") or "")
