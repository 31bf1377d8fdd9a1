"""Others' words as Markdown: what is seen is what was typed, whatever it holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedcore.tokens.labels import quoted, visible
from pages.shared import plain
from tests.payloads import PAYLOADS
from tests.seen import seen

MARKS = st.text(alphabet="`\\:_-*[]()<>&#$|~'\"@/.wh1a= \n\u202eا!", max_size=24)
TEXTS = st.one_of(
    MARKS,
    st.text(max_size=24),
    st.sampled_from(PAYLOADS),
    st.lists(st.sampled_from(PAYLOADS), max_size=3).map(" ".join),
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_is_seen_as_it_was_typed(payload):
    assert seen(plain.code(payload)) == visible(payload)
    assert seen(plain.text(payload)) == visible(payload)
    message = f"{quoted(payload)} at character 3 is no token: write {payload} or {quoted(payload, most=2)} [8, 4]."
    assert seen(plain.text(message)) == visible(message)


@given(TEXTS)
@example(":material/home:`:material/a:")
@example("a  http://x.y")
@example("x'a':b:")
def test_code_and_text_show_every_character(text):
    assert seen(plain.code(text)) == visible(text)
    assert seen(plain.text(text)) == visible(text)


@pytest.mark.parametrize(
    "message",
    ["token id 60000 is outside 0…50256, the vocabulary of gpt2", "head_dim is 2, but the NTK-aware base needs 4 or more: choose fewer heads",
     "12 % of o200k_base (no more), 1.5 × 2 − 3; and so on!"],
)  # fmt: skip
def test_our_own_words_stay_words(message):
    assert plain.text(message) == message


def test_what_stands_in_quotes_becomes_code_and_the_rest_words():
    assert plain.text("'zz' is no bytes: such as [8, 4]") == "`'zz'` is no bytes: such as \\[8, 4\\]"
    assert plain.code("") == plain.text("") == ""


def test_a_quoted_text_says_where_it_was_cut():
    assert quoted("zz") == "'zz'"
    assert quoted("it's \\d\n") == '"it\'s \\d⏎"'
    assert quoted("abcd", most=3) == "'abc…'"
    assert quoted("abc", most=3) == "'abc'"
