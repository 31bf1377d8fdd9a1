"""tiktoken in the place of `tokenizers`: for byte-level BPE in rank order alone, and the same ids for every text."""

import json
import random
from itertools import pairwise

import pytest
import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

import embedcore
from embedcore.errors import TokenizationError
from embedcore.tokens.rank_order import DIGITS, GPT2, SPLITS, ranks_and_pattern
from embedcore.tokens.tokenizer import tokenizer_from_json
from embedcore.tokens.tokenizer_json import read_tokenizer_json
from tests.tokens.trained import changed, in_model, trained

PLAIN = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


def split(pattern):
    parts = [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
        PLAIN | {"use_regex": False},
    ]
    return changed("byte-level", pre_tokenizer={"type": "Sequence", "pretokenizers": parts})


def gpt2():
    """Return GPT-2's own tokenizer.json, with its list of merges found again from its ranks."""
    own = embedcore.get_tokenizer("gpt2")
    of = {
        byte: character for character, byte in __import__("embedcore.tokens.entries", fromlist=["BYTES"]).BYTES.items()
    }
    written = {token: "".join(of[byte] for byte in token) for token in own.merges}
    merges = []
    for token, rank in own.merges.items():
        parts = [token[place : place + 1] for place in range(len(token))]
        while len(parts) > 2:
            ranks = [own.merges.get(one + two, 10**9) for one, two in pairwise(parts)]
            place = min(range(len(ranks)), key=lambda at, ranks=ranks: (ranks[at] if ranks[at] < rank else 10**9, at))
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        if len(token) > 1:
            merges.append((written[parts[0]], written[parts[1]]))
    tokenizer = Tokenizer(models.BPE({written[token]: rank for token, rank in own.merges.items()}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer.to_str().encode()


MAKERS = {
    "GPT-2's pattern": lambda: trained("byte-level"),
    "digits apart": lambda: trained("digits"),
    "Llama 3's pattern": lambda: split(SPLITS[0]),
    "Qwen 2's pattern": lambda: split(SPLITS[1]),
    "gpt2": gpt2,
}
PATTERNS = dict(zip(MAKERS, (GPT2, DIGITS, *SPLITS, GPT2), strict=True))
PIECES = ("the cats", " playing", "ing", "'s", "'LL", "  ", "   ", "\n", "\r\n", "\t", " ", "\u3000", "1", "12345", "½", "٣", "é", "e\u0301", "字典", "🙂",
          "👨‍👩‍👧", "!!", "...", "_", "ſ", "İ", "<|endoftext|>", "\u200b", "\x00", "ǅ", "ʰ", "aaaa", "A", "Ω", "ـ", "\U0001e900", "\ufeff")  # fmt: skip


def texts(n, seed):
    draw = random.Random(seed)
    for _ in range(n):
        if draw.random() < 0.3:
            yield "".join(
                chr(
                    draw.choice((draw.randrange(0x20, 0x250), draw.randrange(0xD800), draw.randrange(0xE000, 0x110000)))
                )
                for _ in range(draw.randrange(30))
            )
        else:
            yield "".join(draw.choice(PIECES) for _ in range(draw.randrange(20)))


@pytest.fixture(scope="module", params=MAKERS)
def both(request):
    content = MAKERS[request.param]()
    assert ranks_and_pattern(read_tokenizer_json(content, "any"))[1] == PATTERNS[request.param]
    peer = tokenizers.Tokenizer.from_str(content.decode())
    peer.encode_special_tokens = True
    return tokenizer_from_json(content, request.param), peer


def compare(both, n, seed):
    own, peer = both
    for text in texts(n, seed):
        assert own.encode_ids(text) == peer.encode(text, add_special_tokens=False).ids, ascii(text)


def test_the_ids_are_the_same(both):
    compare(both, 400, 7)


@pytest.mark.long
def test_the_ids_are_the_same_for_very_many_texts(both):
    compare(both, 100_000, 8)


def test_a_file_of_gpt2_is_the_built_in_one():
    own = tokenizer_from_json(gpt2(), "gpt2 of a file")
    assert own.fingerprint == embedcore.get_tokenizer("gpt2").fingerprint
    assert own.merges == embedcore.get_tokenizer("gpt2").merges


def without_bytes():
    """Return a vocabulary without the bytes 0xF1 to 0xFF, as SmolLM2's lacks some that its training text had not."""
    model = json.loads(trained("byte-level"))["model"]
    lacked = {chr(byte) for byte in range(0xF1, 0x100)}
    return in_model(
        "byte-level", vocab={entry: token_id for entry, token_id in model["vocab"].items() if entry not in lacked}
    )


def test_a_byte_that_is_no_token_is_named_and_does_not_end_the_process():
    own = tokenizer_from_json(without_bytes(), "lacking")
    assert own.merges is not None
    assert own.encode_ids("the 🙂 cats") == tokenizer_from_json(trained("byte-level"), "whole").encode_ids(
        "the 🙂 cats"
    )
    with pytest.raises(TokenizationError, match=r"character 4 is no token of the tokenizer lacking"):
        own.encode("the \U000502cf cats")


def reordered():
    merges = json.loads(trained("byte-level"))["model"]["merges"]
    return in_model("byte-level", merges=[*merges[1:], merges[0]])


@pytest.mark.parametrize(
    "content",
    [
        reordered(),
        in_model("byte-level", merges=json.loads(trained("byte-level"))["model"]["merges"][:-1]),
        changed("byte-level", normalizer={"type": "NFC"}),
        changed("byte-level", pre_tokenizer=PLAIN | {"add_prefix_space": True}),
        split(r"\p{L}+|\s"),
        trained("WordPiece"),
        trained("byte fallback"),
        trained("no unknown"),
    ],
)
def test_what_tiktoken_may_cut_otherwise_is_left_to_tokenizers(content):
    assert ranks_and_pattern(read_tokenizer_json(content, "any")) is None
