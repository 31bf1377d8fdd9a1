"""Every row's category, held to tiktoken itself; and the rows that no text can touch."""

from types import SimpleNamespace

import numpy as np
import pytest

import embedcore
from embedcore.errors import ShapeError, TokenizationError
from embedcore.tokens.categories import GAP, known_unused, token_categories
from embedcore.tokens.encoding import Encoded
from embedcore.tokens.tokenizer import Tokenizer
from embedcore.tokens.vocabularies import FILES, load_encoding
from embedcore.tokens.witnesses import witness


def by_tiktoken(name):
    """Count the categories with tiktoken's own decoder and encoder, one id at a time."""
    encoding = load_encoding(name)
    special = {encoding.encode_single_token(each) for each in encoding.special_tokens_set}
    categories = []
    for token_id in range(encoding.n_vocab):
        try:
            token = encoding.decode_single_token_bytes(token_id)
        except KeyError:
            categories.append("gap")
            continue
        text = token.decode("utf-8", "replace")
        if token_id in special:
            categories.append("special")
        elif text.encode() != token:
            categories.append("partial UTF-8")
        else:
            categories.append(
                "reachable" if encoding.encode(text, disallowed_special=()) == [token_id] else "beside others"
            )
    return categories


@pytest.fixture(scope="module", params=list(FILES))
def sorted_vocabulary(request):
    return embedcore.get_tokenizer(request.param), token_categories(embedcore.get_tokenizer(request.param))


COUNTS = {
    "gpt2": [49912, 0, 0, 344, 1, 0],
    "r50k_base": [49912, 0, 0, 344, 1, 0],
    "p50k_base": [49936, 0, 0, 344, 1, 0],
    "cl100k_base": [99483, 0, 0, 773, 5, 16],
    "o200k_base": [198424, 12, 0, 1562, 2, 19],
    "p50k_edit": [49936, 0, 0, 344, 4, 0],
    "o200k_harmony": [198424, 12, 0, 1562, 1090, 0],
}


def test_categories_are_those_of_tiktoken(sorted_vocabulary):
    tokenizer, categories = sorted_vocabulary
    expected = by_tiktoken(tokenizer.name)
    names = [categories.names[code] for code in categories.codes.tolist()]
    assert ["beside others" if name in ("not alone", "no text found") else name for name in names] == expected
    assert categories.counts().tolist() == COUNTS[tokenizer.name]


def test_what_does_not_come_back_alone_has_a_text_that_tiktoken_cuts_into_it(sorted_vocabulary):
    """No token is called out of reach without a proof: its own text, a witness, or bytes that no UTF-8 text has."""
    tokenizer, categories = sorted_vocabulary
    encoding = load_encoding(tokenizer.name)
    for token_id, text in categories.witnesses.items():
        assert text == text.encode().decode()  # valid UTF-8, no half characters
        assert token_id in encoding.encode_ordinary(text), (token_id, text)
    token_ids = [*categories.rows("not alone").tolist(), *categories.rows("partial UTF-8").tolist()]
    assert set(categories.witnesses) <= set(token_ids)
    missing = {tokenizer.token_bytes(token_id) for token_id in token_ids if token_id not in categories.witnesses}
    never = {bytes([byte]) for byte in (0xC0, 0xC1, *range(0xF5, 0x100))}
    # o200k's small o with half of the next letter: that letter would be a capital, which the pattern cuts off.
    assert missing == never | ({b"\xd0\xbe\xd0"} if tokenizer.name.startswith("o200k") else set())


def test_the_twelve_of_o200k_are_reached_beside_other_text():
    o200k = embedcore.get_tokenizer("o200k_base")
    assert o200k.encode("!!\n//").token_ids.tolist() == [2618, 3914]
    categories = token_categories(o200k)
    twelve = [3413, 3914, 24091, 48235, 63100, 65447, 99494, 125141, 147008, 175653, 182292, 193819]
    assert categories.rows("not alone").tolist() == twelve
    for token_id in twelve:
        assert o200k.encode(o200k.token_bytes(token_id).decode()).token_ids.tolist() != [token_id]
        assert witness(o200k, token_id) == categories.witnesses[token_id]


def test_what_goes_on_a_word_is_found_after_letters_and_what_is_never_found_is_given_up_soon(monkeypatch):
    minilm = embedcore.open_model("minilm-l6", provider="cpu").tokenizer
    going_on = {minilm.label(token_id): token_id for token_id in range(minilm.n_vocab)}
    for label in ("##ing", "##ø", "##laus", "##お"):
        text = witness(minilm, going_on[label])
        assert text is not None
        assert text.endswith(label.removeprefix("##"))
        assert going_on[label] in minilm.encode(text).token_ids
    tried = []
    encode_ids = Tokenizer.encode_ids
    monkeypatch.setattr(Tokenizer, "encode_ids", lambda self, text: tried.append(text) or encode_ids(self, text))
    for label in ("[unused5]", "##新", "##!"):  # signs and Chinese are words by themselves
        assert witness(minilm, going_on.get(label, going_on["[unused6]"])) is None
    assert len(tried) < 500  # 802 texts for each took the page of this vocabulary five minutes


def test_a_special_token_and_a_gap_have_no_ordinary_text():
    cl100k = embedcore.get_tokenizer("cl100k_base")
    assert witness(cl100k, 100257) is None
    assert witness(cl100k, 100256) is None
    assert witness(cl100k, 262) == cl100k.token_bytes(262).decode()


def test_the_toy_reaches_all_its_tokens_and_rows_past_the_vocabulary_are_gaps():
    toy = embedcore.get_tokenizer("toy")
    np.testing.assert_array_equal(token_categories(toy).codes, np.zeros(6))
    longer = token_categories(toy, 8)
    np.testing.assert_array_equal(longer.codes, [0] * 6 + [GAP] * 2)
    np.testing.assert_array_equal(longer.rows("gap"), [6, 7])
    np.testing.assert_array_equal(longer.is_in("gap"), [False] * 6 + [True] * 2)
    np.testing.assert_array_equal(longer.is_in("all"), [True] * 8)
    assert len(token_categories(toy, 4).codes) == 4


def test_a_vocabulary_that_cannot_cut_its_own_token_does_not_reach_it():
    def encode(text, *, allow_special):
        if text == "b":
            msg = "no"
            raise TokenizationError(msg)
        return Encoded([0, 0] if text == "aa" else [0], np.zeros((2 if text == "aa" else 1, 2), np.int64))

    encoding = SimpleNamespace(
        n_vocab=7,
        tokens={b"a": 0, b"b": 1, b"aa": 2, b"\xc3": 3, b"c": 6}.items(),
        merges=None,
        special_tokens={"<s>": 4},
        encode=encode,
    )
    categories = token_categories(Tokenizer("made up", encoding))
    assert [categories.names[code] for code in categories.codes] == [
        "reachable", "no text found", "no text found", "partial UTF-8", "special", "gap", "no text found",
    ]  # fmt: skip
    assert not categories.witnesses


def test_known_unused_rows_are_gaps_and_bytes_that_utf8_never_has():
    gpt2 = embedcore.get_tokenizer("gpt2")
    every = bytearray()
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            every += chr(code).encode()
    never = sorted(set(range(256)) - set(every))
    rows = known_unused(gpt2)
    assert sorted(gpt2.token_bytes(row) for row in rows.tolist()) == [bytes([byte]) for byte in never]
    assert len(rows) == 13
    cl100k = embedcore.get_tokenizer("cl100k_base")
    assert len(known_unused(cl100k)) == 13 + 16
    assert {100256, 100261, 100275} <= set(known_unused(cl100k).tolist())
    np.testing.assert_array_equal(known_unused(gpt2, 50259)[-2:], [50257, 50258])
    np.testing.assert_array_equal(known_unused(gpt2, 126), [124, 125])
    assert len(known_unused(embedcore.get_tokenizer("toy"))) == 0


def test_bad_requests_are_named():
    toy = embedcore.get_tokenizer("toy")
    for sort in (token_categories, known_unused):
        with pytest.raises(ShapeError, match="0 rows"):
            sort(toy, 0)
    with pytest.raises(ShapeError, match=r"'glitch'.*reachable"):
        token_categories(toy).rows("glitch")
