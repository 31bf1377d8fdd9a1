"""A tokenizer.json that may be anything: refused with the remedy, or opened and used, in bounded time and memory."""

import json
import random
import time
from copy import deepcopy

import pytest

from embedcore.errors import TokenizationError
from embedcore.tokens import tokenizer_json
from embedcore.tokens.huggingface import encoding_from_json
from embedcore.tokens.merges import Origin, building
from embedcore.tokens.tokenizer import Tokenizer
from tests.hostile.bounded import bounded
from tests.tokens.trained import KINDS, changed, in_model, trained

VALUES = (None, True, False, 0, 1, -1, 2**31, 2**32, 2**63, 1e308, "", "a", "▁", "\x00", [], {}, [[]], [None], {"type": "Nope"}, "BPE",
          {"type": "Precompiled", "precompiled_charsmap": "AAAA"}, {"Regex": "("}, {"type": "Sequence", "normalizers": [None]})  # fmt: skip
TEXTS = ("The cats are playing", "é🙂\n\n字 '1234", "", " " * 50, "▁a<s>[MASK]")
SECONDS = 5


def use(content):
    """Open `content` and cut texts with it: every fault is a TokenizationError, and what is given holds together."""
    start = time.perf_counter()
    try:
        tokenizer = Tokenizer("any", encoding_from_json(content, "any"))
        for text in TEXTS:
            for allow_special in (False, True):
                cut = tokenizer.encode(text, allow_special=allow_special)
                assert len(cut.token_ids) == len(cut.token_bytes) == len(cut.spans)
            tokenizer.tokenization(cut.token_ids)
        for token_id in range(0, min(tokenizer.n_vocab, 5_000), 1 + min(tokenizer.n_vocab, 5_000) // 20):
            built = building(tokenizer, token_id)
            assert (built.origin in (Origin.MERGES, Origin.SYMBOL)) == (
                built.parts == (tokenizer.token_bytes(token_id),)
            )
        is_used = True
    except TokenizationError as error:
        is_used, said = False, str(error)
    else:
        said = "opened: used"
    assert ":" in said, said
    assert len(said) < 1_000
    assert time.perf_counter() - start < SECONDS
    return is_used


def change(content, draw):
    """Return a tokenizer.json with one to three of its values replaced, removed or moved, or its bytes damaged."""
    if draw.random() < 0.25:
        damaged = bytearray(content)
        for _ in range(draw.randrange(1, 4)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        return bytes(damaged[: draw.choice((len(damaged), draw.randrange(len(damaged))))])
    parts = json.loads(content)
    for _ in range(draw.randrange(1, 4)):
        place = parts
        for _ in range(draw.randrange(6)):
            inner = [key for key in keys(place) if isinstance(place[key], dict | list) and place[key]]
            if not inner:
                break
            place = place[draw.choice(inner)]
        chosen = draw.choice(keys(place)) if keys(place) else None
        if chosen is None:
            continue
        if draw.random() < 0.2:
            del place[chosen]
        else:
            place[chosen] = deepcopy(draw.choice(VALUES))
    return json.dumps(parts).encode()


def keys(place):
    return list(place) if isinstance(place, dict) else list(range(len(place)))


@pytest.mark.parametrize("kind", KINDS)
def test_changed_files_are_refused_or_used(kind):
    draw = random.Random(kind)
    used = [use(change(trained(kind), draw)) for _ in range(60)]
    assert not all(used)
    assert any(used) or kind == "no unknown"  # which has no token for most of the texts


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_very_many_changed_files_are_refused_or_used(kind):
    draw = random.Random(f"long {kind}")
    for _ in range(1_500):
        use(change(trained(kind), draw))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no usable tokenizer.json"),
        (b"\xff\xfe", "no usable tokenizer.json"),
        (b"[]", "must be a JSON object"),
        (b"{}", "it has no 'model'"),
        (b"[" * 100_000, "nests more than 32 deep"),
        (trained("WordPiece")[:-20], "no usable tokenizer.json"),
        (changed("WordPiece", model={"type": "Magic"}), "its model is 'Magic', and BPE, WordPiece, Unigram, WordLevel"),
        (in_model("WordPiece", vocab=[]), "no object of tokens with their ids"),
        (in_model("WordLevel", vocab={"a": -1}), "the id of the token 'a' is -1"),
        (in_model("WordLevel", vocab={"a": 1.5}), "the id of the token 'a' is 1.5"),
        (in_model("WordLevel", vocab={"a": 10**12}), "its largest id is 1,000,000,000,000, and 3,999,999 is the most"),
        (in_model("WordLevel", vocab={"a": 7, "b": 7}), "two tokens have the id 7: 'a' and 'b'"),
        (in_model("Unigram", vocab=[["a", 0.0], ["a", 1.0]]), "no list of pieces, each once"),
        (in_model("WordLevel", vocab={"a" * 3_000: 0}), "has 3,000 characters, and 2,000 is the most"),
        (changed("WordLevel", added_tokens=[{"id": 1}]), "has no text and no id from 0"),
        (changed("WordLevel", added_tokens={}), "'added_tokens' are no list"),
        (in_model("byte-level", merges=["a"]), "no usable tokenizer.json"),
        (in_model("byte-level", merges=[["zz", "zz"]]), "no usable tokenizer.json"),
        (in_model("byte fallback", merges=["a b c"]), "no usable tokenizer.json"),
        (in_model("byte fallback", merges=[["a", "zz"]]), "no usable tokenizer.json"),
        (in_model("byte fallback", merges={"a": "b"}), "no usable tokenizer.json"),
        (in_model("byte fallback", continuing_subword_prefix="#####"), "no usable tokenizer.json"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(content, words):
    with pytest.raises(TokenizationError, match=words):
        Tokenizer("any", encoding_from_json(content, "any"))


def test_a_vocabulary_with_gaps_is_opened():
    tokenizer = Tokenizer("gaps", encoding_from_json(in_model("WordLevel", vocab={"<unk>": 0, "the": 9}, unk_token="<unk>").replace(b'"</s>"', b'"<s >"'), "gaps"))  # fmt: skip
    assert tokenizer.n_vocab == 10
    assert tokenizer.token_bytes(5) is None
    assert tokenizer.encode("the dog").token_ids.tolist() == [9, 0]


def test_a_huge_file_is_refused_before_it_is_read_as_json(monkeypatch):
    monkeypatch.setattr(tokenizer_json, "LARGEST", 1_000)
    with pytest.raises(TokenizationError, match=r"any has .* bytes, and 1,000 is the most"):
        encoding_from_json(trained("WordPiece"), "any")


def test_a_file_of_100_megabytes_takes_no_memory(tmp_path):
    path = tmp_path / "tokenizer.json"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    code = "import sys, embedcore\ntry:\n    embedcore.get_tokenizer(sys.argv[1])\nexcept embedcore.TokenizationError as error:\n    print(error)"
    ended = bounded(code, str(path))
    assert "64,000,000 is the most" in ended.stdout, ended.stderr[-500:]
