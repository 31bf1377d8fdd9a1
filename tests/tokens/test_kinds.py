"""Scripts, first bytes and lengths, held to single tokens and to tiktoken's own bytes."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import embedcore
from embedcore.tokens.kinds import SCRIPTS, first_bytes, lengths, scripts
from embedcore.tokens.tokenizer import Tokenizer
from embedcore.tokens.vocabularies import load_encoding

KINDS = [
    (" the", "Latin"), ("é", "Latin"), ("Ａ", "Latin"), (" 1st", "Latin"), ("привет", "Cyrillic"), ("«да", "Cyrillic"),
    ("λ", "Greek"), ("語", "CJK"), ("々", "CJK"), ("の", "Kana"), ("ー", "Kana"), ("ｶ", "Kana"), ("한", "Hangul"),
    ("ﷺ", "Arabic"), ("سلام", "Arabic"), ("ש", "Hebrew"), ("क्", "Devanagari"), ("ก", "other letter"), ("µ", "other letter"),
    (" 42", "digits"), ("٣", "digits"), ("½", "digits"), (' "', "punctuation"), ("…", "punctuation"), ("\n\n \u3000", "white space"),
    (" +", "symbols"), ("🙂", "symbols"), ("\x00", "symbols"), ("\u200b", "symbols"), (" \t(1)", "punctuation"),
]  # fmt: skip


def made_up(tokens, **special):
    ranks = {token: token_id for token_id, token in enumerate(tokens)}
    return Tokenizer(
        "made up",
        SimpleNamespace(
            n_vocab=len(ranks) + len(special) + 1,
            tokens=ranks.items(),
            merges=None,
            special_tokens=special,
            encode=None,
        ),
    )


def test_scripts_of_single_tokens():
    tokens = [text.encode() for text, _ in KINDS] + [b" \xe2\x80", b"a\xff"]
    codes, names = scripts(made_up(tokens, end=len(tokens)))
    assert names == SCRIPTS
    assert [names[code] for code in codes] == [*(kind for _, kind in KINDS), "bytes", "bytes", "special", "gap"]
    assert codes.dtype == np.uint8


def test_scripts_of_gpt2_agree_with_patterns():
    tokenizer = embedcore.get_tokenizer("gpt2")
    codes, names = scripts(tokenizer)
    ids_of_scripts = {name: set(np.flatnonzero(codes == code).tolist()) for code, name in enumerate(names)}
    text = {token_id: token.decode("utf-8", "replace") for token, token_id in tokenizer.ranks.items()}
    cyrillic = {
        i for i, each in text.items() if re.match(r"[^\W\d_]*[\u0400-\u04ff]", each.strip()) and "\ufffd" not in each
    }
    assert ids_of_scripts["Cyrillic"] == cyrillic
    assert ids_of_scripts["white space"] == {i for i, each in text.items() if each.isspace()}
    assert ids_of_scripts["digits"] == {
        i for i, each in text.items() if re.fullmatch(r"\s*[\d²½][\W\d_]*", each) and "\ufffd" not in each
    }
    assert ids_of_scripts["special"] == {50256}
    assert len(ids_of_scripts["bytes"]) == 344
    assert not ids_of_scripts["gap"]


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_first_bytes_and_lengths_are_those_of_tiktoken(name):
    encoding, tokenizer = load_encoding(name), embedcore.get_tokenizer(name)
    first, n_bytes = [], []
    for token_id in range(encoding.n_vocab):
        try:
            token = encoding.decode_single_token_bytes(token_id)
        except KeyError:
            token = b""
        first.append(token[0] if token else -1)
        n_bytes.append(len(token))
    np.testing.assert_array_equal(first_bytes(tokenizer), first)
    np.testing.assert_array_equal(lengths(tokenizer), n_bytes)
