"""Vocabularies inside GGUF files: each kind cuts texts as an implementation of another hand does."""

import json
import random
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
import regex
import tiktoken
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from embedcore.errors import ModelFileError
from embedcore.tokens.vocabularies import load_encoding
from export.sources.gguf import open_gguf
from export.sources.gguf_checkpoint import gguf_as_checkpoint
from export.sources.gguf_pre_tokenizers import COMPOSED
from export.sources.gguf_tokenizer import gguf_tokenizer_json
from export.sources.sentence_piece import sentence_piece_vocabulary
from tests.gguf_files import key, raw_gguf, text, write_gguf
from tests.sentence_pieces import processor, trained
from tests.sentence_pieces import texts as sentences

CORPUS = [
    "The tokenizer of 2024 isn't the tokenizer of 1999; we'll see what they're doing, I'm sure they've 12345 reasons.",
    "def main(path: str) -> None:\n\tfor row in range(100):\n\t\tprint(f'{row:>10}')\n\n\n    return  # done\r\n",
    "Übergrößenträger naïve café İstanbul 東京は大きい。 Привет, мир! 한국어 ½ ² ٣٤ 🙂🙂 a\u0301e\u0301",
]
NORMAL, UNKNOWN, CONTROL, USER, UNUSED = 1, 2, 3, 4, 5
GPT2, CL100K, O200K = (load_encoding(name)._pat_str for name in ("gpt2", "cl100k_base", "o200k_base"))


# What cl100k_base alone does: it takes all white space at the end of a text as one piece.
LLAMA3 = CL100K.replace(r"\s++$|", "")


def file_of(path, keys):
    named = {f"tokenizer.ggml.{name}": value for name, value in keys.items()}
    return open_gguf(write_gguf(path, "llama", {"x": np.ones(2, np.float32)}, keys=named))


def tokenizer_of(path, keys):
    return Tokenizer.from_buffer(gguf_tokenizer_json(file_of(path, keys)))


def texts(n, seed=1):
    """Return random texts, of words and of pieces of them, spaces, digits and marks of many scripts."""
    draw = random.Random(seed)
    pieces = [*regex.findall(r"\w+|\W+", " ".join(CORPUS)), " ", "  ", "\n", "\t", "\r\n", "12", "3", "'S", "'ll", "\u00a0", "é", "e\u0301", "日", "!?", "_", "-"]  # fmt: skip
    return ["".join(draw.choice(pieces) for _ in range(draw.randrange(1, 12))) for _ in range(n)] + CORPUS


@pytest.fixture(scope="module")
def byte_level():
    """Return the tokens and merges of a small byte-level BPE: GPT-2's first merges, in the order of their ranks."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)  # fmt: skip
    tokenizer.train_from_iterator(CORPUS, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [" ".join(merge) for merge in model["merges"]]


def tiktokens(tokens, pattern):
    """Return tiktoken's encoding of the same ranks, cut by `pattern`."""
    ranks = {}
    alphabet = {char: byte for byte, char in enumerate(bytes_to_chars())}
    for rank, token in enumerate(tokens):
        ranks[bytes(alphabet[char] for char in token)] = rank
    return tiktoken.Encoding("small", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def bytes_to_chars():
    """Return GPT-2's character of each byte, by its definition."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


@pytest.mark.parametrize(
    ("pre", "pattern"),
    [
        ("gpt-2", GPT2),
        ("llama-bpe", LLAMA3),
        ("qwen2", LLAMA3.replace(r"\p{N}{1,3}+", r"\p{N}")),
        ("gpt-4o", O200K),
    ],
)
def test_byte_level_vocabularies_cut_as_tiktoken_does(tmp_path, byte_level, pre, pattern):
    tokens, merges = byte_level
    mine = tokenizer_of(tmp_path / "x.gguf", {"model": "gpt2", "pre": pre, "tokens": tokens, "merges": merges})
    theirs = tiktokens(tokens, pattern)
    for line in texts(400):
        if pre in COMPOSED:
            line = unicodedata.normalize("NFC", line)
        assert mine.encode(line).ids == theirs.encode_ordinary(line), repr(line)
        assert mine.decode(mine.encode(line).ids) == line


def slow_pieces(line, patterns):
    """Cut a text by one pattern after the other, each within the pieces of those before."""
    pieces = [line]
    for pattern in patterns:
        cut = []
        for piece in pieces:
            end = 0
            for match in regex.finditer(pattern, piece):
                cut += [piece[end : match.start()], match.group()]
                end = match.end()
            cut.append(piece[end:])
        pieces = [piece for piece in cut if piece]
    return pieces


def slow_merge(piece, ranks):
    """Merge the pair of the lowest rank, the leftmost first, until none is left."""
    parts = list(piece)
    while True:
        pairs = [(ranks.get(f"{a} {b}", len(ranks)), index) for index, (a, b) in enumerate(pairwise(parts))]  # fmt: skip
        rank, at = min(pairs, default=(len(ranks), 0))
        if rank == len(ranks):
            return parts
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@pytest.mark.parametrize(
    ("pre", "patterns"),
    [
        ("smollm", [r"\p{N}", GPT2]),
        ("default", [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"]),
        ("falcon", [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, r"[0-9][0-9][0-9]"]),
        ("deepseek-v3", [r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+", r"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]),
    ],
)  # fmt: skip
def test_cuts_in_several_steps_are_those_of_a_slow_twin(tmp_path, byte_level, pre, patterns):
    tokens, merges = byte_level
    mine = tokenizer_of(tmp_path / "x.gguf", {"model": "gpt2", "pre": pre, "tokens": tokens, "merges": merges})
    chars, ranks = bytes_to_chars(), {merge: rank for rank, merge in enumerate(merges)}
    for line in texts(300, seed=2):
        pieces = ["".join(chars[byte] for byte in piece.encode()) for piece in slow_pieces(line, patterns)]
        assert mine.encode(line).tokens == [part for piece in pieces for part in slow_merge(piece, ranks)], repr(line)


def test_special_tokens_are_looked_for_first_and_rows_without_a_token_are_left_out(tmp_path, byte_level):
    tokens, merges = byte_level
    keys = {
        "model": "gpt2",
        "pre": "gpt-2",
        "tokens": ["<|end|>", *tokens, "<mine>", "[PAD1]"],
        "token_type": [CONTROL, *[NORMAL] * len(tokens), USER, UNUSED],
        "merges": merges,
        "bos_token_id": 0,
        "add_bos_token": True,
    }
    mine = tokenizer_of(tmp_path / "x.gguf", keys)
    encoded = mine.encode("a<mine><|end|>[PAD1]")
    assert encoded.ids[0] == 0
    assert encoded.tokens[1:4] == ["a", "<mine>", "<|end|>"]
    assert "[PAD1]" not in encoded.tokens
    assert mine.decode(encoded.ids) == "a<mine>[PAD1]"


def sentence_pieces():
    """Return pieces with scores as SentencePiece's BPE has them: earlier merges score higher, single characters least."""
    words = [
        "▁the",
        "▁t",
        "he",
        "▁token",
        "▁to",
        "ken",
        "iz",
        "er",
        "▁tokenizer",
        "izer",
        "in",
        "ing",
        "▁a",
        "▁is",
        "is",
        "ni",
        "si",
    ]
    chars = sorted({char for piece in words for char in piece} | set("▁abcdefghijklmnopqrstuvwxyz"))
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *words, *chars]
    types = [UNKNOWN, CONTROL, CONTROL, *[6] * 256, *[NORMAL] * (len(words) + len(chars))]
    scores = [0.0] * 259 + [-float(rank) for rank in range(len(words))] + [-1000.0 - rank for rank in range(len(chars))]
    return tokens, types, scores


def slow_sentence_pieces(line, tokens, scores):
    """Merge the two neighbors whose union scores highest, the leftmost first, as SentencePiece and llama.cpp do."""
    ranked = dict(zip(tokens, scores, strict=True))
    parts = list("▁" + line.replace(" ", "▁")) if line else []
    while True:
        pairs = [(-ranked[a + b], index) for index, (a, b) in enumerate(pairwise(parts)) if a + b in ranked]  # fmt: skip
        if not pairs:
            break
        _, at = min(pairs)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return [one for part in parts for one in ([part] if part in ranked else [f"<0x{b:02X}>" for b in part.encode()])]


def test_sentence_pieces_merge_by_their_scores_and_fall_back_to_bytes(tmp_path):
    tokens, types, scores = sentence_pieces()
    keys = {"model": "llama", "tokens": tokens, "token_type": types, "scores": scores, "add_bos_token": False, "unknown_token_id": 0}  # fmt: skip
    mine = tokenizer_of(tmp_path / "x.gguf", keys)
    draw = random.Random(4)
    words = [
        "the",
        "tokenizer",
        "tokening",
        "izer",
        "a",
        "is",
        "ü",
        "東",
        "kenizering",
        "",
        "thething",
        "nin",
        "sis",
        "isis",
    ]
    for _ in range(300):
        line = " ".join(draw.choice(words) for _ in range(draw.randrange(1, 8)))
        assert mine.encode(line).tokens == slow_sentence_pieces(line, tokens, scores), repr(line)
        assert mine.decode(mine.encode(line).ids) == line


def test_llamas_text_begins_with_its_first_token_unless_the_file_says_no(tmp_path):
    tokens, types, scores = sentence_pieces()
    keys = {"model": "llama", "tokens": tokens, "token_type": types, "scores": scores, "bos_token_id": 1}
    assert tokenizer_of(tmp_path / "x.gguf", keys).encode("the").tokens == ["<s>", "▁the"]
    keys |= {"add_space_prefix": False, "add_bos_token": False}
    assert tokenizer_of(tmp_path / "y.gguf", keys).encode("the").tokens == ["t", "he"]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_the_pieces_of_sentencepiece_become_what_its_own_file_does(tmp_path, kind):
    content = trained(model_type=kind, normalization_rule_name="identity")
    pieces = sentence_piece_vocabulary(content, "tokenizer.model")
    keys = {
        "model": {"bpe": "llama", "unigram": "t5"}[kind],
        "tokens": pieces.tokens,
        "token_type": pieces.types,
        "scores": pieces.scores,
        "unknown_token_id": 0,
        "remove_extra_whitespaces": True,
    }
    mine, theirs = tokenizer_of(tmp_path / "x.gguf", keys), processor(content)
    mine.encode_special_tokens = True
    for line in sentences(300):
        assert mine.encode(line, add_special_tokens=False).ids == theirs.encode(line), repr(line)


@pytest.mark.parametrize("has_capitals", [False, True])
def test_word_pieces_get_their_marks_back(tmp_path, has_capitals):
    words = ["the", "token", "##izer", "##s", "un", "##known", "東", "京", ".", "!", "cafe"] + ["The"] * has_capitals
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    stored = [*specials, *(word[2:] if word.startswith("##") else f"▁{word}" for word in words)]
    types = [CONTROL] * len(specials) + [NORMAL] * len(words)
    keys = {"model": "bert", "tokens": stored, "token_type": types, "unknown_token_id": 1, "cls_token_id": 2, "seperator_token_id": 3}  # fmt: skip
    content = gguf_tokenizer_json(file_of(tmp_path / "x.gguf", keys))
    mine = Tokenizer.from_buffer(content)
    assert json.loads(content)["model"]["vocab"] == {word: index for index, word in enumerate([*specials, *words])}
    encoded = mine.encode("The tokenizers, unknown 東京. Café!")
    first = "The" if has_capitals else "the"
    last = "[UNK]" if has_capitals else "cafe"
    assert encoded.tokens == ["[CLS]", first, "token", "##izer", "##s", "[UNK]", "un", "##known", "東", "京", ".", last, "!", "[SEP]"]  # fmt: skip


def test_a_checkpoint_has_the_tokenizer_of_its_file(tmp_path, byte_level):
    tokens, merges = byte_level
    keys = {"model": "gpt2", "pre": "smollm", "tokens": tokens, "merges": merges}
    source = file_of(tmp_path / "x.gguf", keys)
    assert gguf_as_checkpoint(source).tokenizer_json == gguf_tokenizer_json(source)
    assert gguf_tokenizer_json(source) == gguf_tokenizer_json(file_of(tmp_path / "x.gguf", keys))
    bare = open_gguf(write_gguf(tmp_path / "z.gguf", "llama", {"x": np.ones(2, np.float32)}))
    assert gguf_as_checkpoint(bare).tokenizer_json is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "rwkv"}, "of the kind 'rwkv', none of gpt2, llama, t5, bert: name the model's own tokenizer"),
        ({"pre": "new-one"}, "cut as 'new-one' says, which is none of the"),
        ({"tokens": []}, "has no list of tokens"),
        ({"tokens": [1, 2]}, "has no list of tokens"),
        ({"token_type": [1]}, "tokens and 1 types of them"),
        ({"merges": []}, "its vocabulary has no merges"),
        ({"merges": ["a"]}, "its merge 'a' is none of two tokens"),
        ({"merges": ["a \u4e00"]}, r"its merge 'a \\u4e00' is none of two tokens"),
        ({"bos_token_id": 10**6, "add_bos_token": True}, "the key bos_token_id is 1000000, and there are 420 tokens"),
        ({"model": "llama", "merges": []}, "420 tokens and 0 scores of them"),
    ],
)
def test_a_vocabulary_that_does_not_fit_together_is_refused(tmp_path, byte_level, changed, message):
    tokens, merges = byte_level
    keys = {"model": "gpt2", "pre": "gpt-2", "tokens": tokens, "merges": merges} | changed
    source = file_of(tmp_path / "x.gguf", {name: value for name, value in keys.items() if value != []})
    with pytest.raises(ModelFileError, match=message):
        gguf_tokenizer_json(source)


def test_a_token_of_no_utf8_is_refused(tmp_path):
    path = tmp_path / "x.gguf"
    tokens = (8).to_bytes(4, "little") + (1).to_bytes(8, "little") + text(b"\xff")
    path.write_bytes(raw_gguf([key("tokenizer.ggml.model", 8, text("t5")), key("tokenizer.ggml.tokens", 9, tokens), key("tokenizer.ggml.scores", 9, (6).to_bytes(4, "little") + (1).to_bytes(8, "little") + bytes(4))]))  # fmt: skip
    with pytest.raises(ModelFileError, match="a token is no UTF-8 text"):
        gguf_tokenizer_json(open_gguf(path))
