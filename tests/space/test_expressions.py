import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.errors import EmbedcoreError, ShapeError, TokenizationError, UnknownTokenId
from embedcore.space.expressions import MAX_CHARACTERS, Term, parse_expression, quote
from embedcore.tokens.labels import visible

GPT2 = embedcore.get_tokenizer("gpt2")
TOY = embedcore.get_tokenizer("toy")
KING, MAN, WOMAN = (GPT2.ranks[word] for word in (b" king", b" man", b" woman"))


def terms(text, tokenizer=GPT2):
    return [(term.weight, term.token_id) for term in parse_expression(text, tokenizer).terms]


@pytest.mark.parametrize(
    "text", [" king - man + woman", "king-man+woman", "king − man + woman", "␣king − ␣man + ␣woman", "\tking -man\n+ woman",
             "+king - 1*man + 1.0×woman", f"#{KING}-id:{MAN} + #{WOMAN}", "' king' - \" man\" + '\\x20woman'"],
)  # fmt: skip
def test_the_analogy_however_it_is_written(text):
    assert terms(text) == [(1.0, KING), (-1.0, MAN), (1.0, WOMAN)]
    assert parse_expression(text, GPT2).label == "␣king − ␣man + ␣woman"


@pytest.mark.parametrize(
    ("text", "token", "weight"),
    [('"king"', b"king", 1), ("'\\n\\n'", b"\n\n", 1), ('"\\xe2\\x80"', b"\xe2\x80", 1), ('"-"', b"-", 1), ("' - '", None, 1),
     ("0.5*king", b" king", 0.5), ("-2e-1 × king", b" king", -0.2), (".5*king", b" king", 0.5), ("2", b" 2", 1), ("2*2", b" 2", 2),
     ("<|endoftext|>", b"<|endoftext|>", 1), ('"\\"\'"', b"\"'", 1), ('"\\\\"', b"\\", 1), ('"\\u200b"', "\u200b".encode(), 1),
     ("<", b" <", 1), ("#", b" #", 1), ("''", None, 1), ('"é"', "é".encode(), 1)],
)  # fmt: skip
def test_words_and_quotes_say_which_bytes_are_meant(text, token, weight):
    if token is None:
        with pytest.raises(TokenizationError, match="at character 0 is"):
            terms(text)
    else:
        expected = GPT2.special_tokens.get(token.decode("utf-8", "replace"), GPT2.ranks.get(token))
        assert terms(text) == [(weight, expected)]


def test_a_long_escape_is_one_character():
    o200k = embedcore.get_tokenizer("o200k_base")
    assert terms('"\\U0001f642"', o200k) == terms('"🙂"', o200k) == [(1.0, o200k.ranks["🙂".encode()])]


def test_the_space_before_a_word_comes_first_and_the_bare_word_second():
    assert terms("list") == [(1.0, GPT2.ranks[b" list"])]
    assert terms("fox - jumps", TOY) == [(1.0, 2), (-1.0, 3)]
    assert b" fox" not in TOY.ranks
    assert b" jumps" in TOY.ranks


def test_the_vector_is_the_sum_of_the_rows():
    table = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    expression = parse_expression("2*fox - dog - 0.25*dog + over", TOY)
    rows = [[float(value) for value in row] for row in table]
    expected = [2 * rows[2][d] - 1.25 * rows[1][d] + rows[5][d] for d in range(3)]
    vector = expression.vector(table)
    assert vector.dtype == np.float64
    np.testing.assert_allclose(vector, expected, rtol=1e-14, atol=1e-14)
    assert expression.token_ids.tolist() == [2, 1, 5]
    assert expression.terms[1] == Term(-1.0, 1)


@pytest.mark.parametrize("text", ["fox - fox", "0.1*fox + 0.2*fox - 0.3*fox", "dog + fox - dog - fox"])
def test_terms_that_cancel_have_no_direction(text):
    table = np.random.default_rng(1).normal(size=(6, 3))
    with pytest.raises(ShapeError, match="cancel: a zero vector has no direction"):
        parse_expression(text, TOY).vector(table)


def test_a_small_difference_is_no_cancellation():
    table = np.ones((6, 3))
    np.testing.assert_allclose(parse_expression("1.000001*fox - fox", TOY).vector(table), [1e-6] * 3, rtol=1e-9, atol=0)


@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_rows_that_agree_in_some_dimensions_do_not_cancel(dimension):
    table = np.zeros((6, 3))
    table[2], table[5] = 7.0, 7.0
    table[2, dimension] = 9.0
    expected = np.zeros(3)
    expected[dimension] = 2.0
    np.testing.assert_array_equal(parse_expression("fox - over", TOY).vector(table), expected)


def test_another_models_table_is_named():
    with pytest.raises(ShapeError, match=f"needs row {KING}, but the table has 6 rows"):
        parse_expression("king", GPT2).vector(np.ones((6, 3)))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [("", TokenizationError, "is empty"), (" ", TokenizationError, "is empty"),
     ("king man", TokenizationError, "'man' at character 5 follows a token without a sign: write \\+ or -"),
     ("king * 2", TokenizationError, "'\\*' at character 5 follows a token: a factor stands before it"),
     ("king -", TokenizationError, "expected at character 6, but the end is there"),
     ("king - - man", TokenizationError, "expected at character 7, but '- man'"),
     ("kingdomness", TokenizationError, "'␣kingdomness' at character 0 is 2 tokens of gpt2 \\(␣kingdom, ness\\): write one token"),
     ('"king', TokenizationError, 'the quote " at character 0 is never closed'),
     ('king + "\\q"', TokenizationError, "at character 8 is no escape"), ("'\\ud800'", TokenizationError, "is no escape"),
     ("'\\xe'", TokenizationError, "is no escape"), ("\ud800", TokenizationError, "lone surrogate"),
     ("king + 'a\ud800'", TokenizationError, "character 9"), ("0*king", TokenizationError, "factor 0 at character 0 is outside"),
     ("1e999*king", TokenizationError, "outside 0.000001…1,000,000"), ("2*", TokenizationError, "expected at character 2"),
     ("#50257", UnknownTokenId, "token id 50257 at character 0 is outside 0…50256, the vocabulary of gpt2"),
     ("king - id:" + "9" * 100, UnknownTokenId, "is outside 0…50256"), ("a" * 201, TokenizationError, "201 characters, and 200"),
     ("+a" * 33, TokenizationError, "33 terms, and 32"), ("__import__('os')", TokenizationError, "tokens of gpt2")],
)  # fmt: skip
def test_what_does_not_parse_is_named_with_its_place(text, error, message):
    with pytest.raises(error, match=message):
        parse_expression(text, GPT2)


def test_the_toy_says_which_word_it_does_not_have():
    with pytest.raises(TokenizationError, match="'␣cat' at character 6 is no token of toy: write one token"):
        parse_expression("fox + cat", TOY)


@pytest.mark.parametrize("name", ["gpt2", "o200k_base", "toy"])
def test_every_token_of_every_vocabulary_is_read_back_from_its_quote_and_its_label(name):
    tokenizer = embedcore.get_tokenizer(name)
    step = max(
        1, tokenizer.n_vocab // 6000
    )  # every token of the toy, every eighth of gpt2, where labels differ in kind
    for token_id in range(0, tokenizer.n_vocab, step):
        token = tokenizer.token_bytes(token_id)
        label = parse_expression(f"#{token_id}", tokenizer).label
        assert len(label) > MAX_CHARACTERS or terms(label, tokenizer) == [(1.0, token_id)], token
        if token is not None and len(quote(token)) <= MAX_CHARACTERS:
            assert terms(quote(token), tokenizer) == [(1.0, token_id)], token


def test_a_gap_is_named_by_its_id():
    cl100k = embedcore.get_tokenizer("cl100k_base")
    gap = next(token_id for token_id in range(cl100k.n_vocab) if cl100k.token_bytes(token_id) is None)
    assert parse_expression(f"2*#{gap}", cl100k).label == f"2 × #{gap}"


@given(
    st.lists(
        st.tuples(st.sampled_from([1.0, -1.0, 0.5, -2.0, 0.1, 1 / 3, -123456.789]), st.integers(0, 50256)),
        min_size=1,
        max_size=5,
    )
)
def test_a_label_parses_to_the_same_terms(parts):
    written = " ".join(f"{'-' if weight < 0 else '+'} {abs(weight)!r} * #{token_id}" for weight, token_id in parts)
    expression = parse_expression(written, GPT2)
    assert [(term.weight, term.token_id) for term in expression.terms] == parts
    if len(expression.label) <= MAX_CHARACTERS:
        again = parse_expression(expression.label, GPT2)
        assert again.terms == expression.terms
        assert again.label == expression.label


PIECES = st.sampled_from(
    [
        " ",
        "+",
        "-",
        "−",
        "*",
        "×",
        '"',
        "'",
        "\\",
        "\\x",
        "e2",
        "#",
        "id:",
        "9",
        ".",
        "king",
        " man",
        "␣",
        "(",
        "\n",
        "é",
        "1e5",
    ]
)


@given(st.one_of(st.text(max_size=210), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_parses_or_says_why_not(text):
    for tokenizer in (GPT2, TOY):
        with contextlib.suppress(EmbedcoreError):
            expression = parse_expression(text, tokenizer)
            assert 1 <= len(expression.terms) <= 32
            assert all(
                0 <= term.token_id < tokenizer.n_vocab and 1e-6 <= abs(term.weight) <= 1e6 for term in expression.terms
            )


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_are_quoted_so_that_nothing_is_hidden(token):
    quoted = quote(token)
    assert quoted[0] == quoted[-1] == '"'
    assert visible(quoted) == quoted  # nothing is left to draw
    try:
        assert terms(quoted) == [(1.0, GPT2.ranks[token])]
    except KeyError:
        with pytest.raises(TokenizationError, match=r"at character 0 is|characters, and"):
            terms(quoted)
    except TokenizationError:
        assert token not in GPT2.ranks or len(quoted) > MAX_CHARACTERS
