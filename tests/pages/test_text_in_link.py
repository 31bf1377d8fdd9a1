"""A text in a link: as it is, compressed, or by the name under which the browser's tab keeps it; and what is none of these."""

import base64
import random
import tracemalloc
import zlib

import pytest

from pages.shared.text_in_link import MAX_PACKED, MAX_PLAIN, MAX_TEXT, fault, in_link, is_name, is_packed, text_of
from tests.pages.apptest import by_link, words

WORDS = random.Random(19).choices(["list", "tuple", "dict", "set", "str", "列表", "ключ", "🦊", "\n", "a"], k=3_000)


def packed(data, level=9):
    return "~zlib~" + base64.urlsafe_b64encode(zlib.compress(data, level)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "plain"),
        ("A list.", "plain"),
        ("a" * MAX_PLAIN, "plain"),
        ("a" * (MAX_PLAIN + 1), "packed"),
        ("列" * (MAX_PLAIN // 9 + 1), "packed"),  # each is 9 characters of an address
        (" ".join(WORDS), "packed"),
        ("a" * MAX_TEXT, "packed"),
        ("🦊" * MAX_TEXT, "packed"),
        ("~zlib~ is a mark", "packed"),
        ("~tab~ is a mark", "packed"),
        (random.Random(19).randbytes(4_000).hex(), "name"),
    ],
)
def test_a_text_is_read_as_it_was_written(text, form):
    value = in_link(text)
    assert {"packed": is_packed(value), "name": is_name(value), "plain": value == text}[form]
    assert fault(value) is None
    assert len(value) <= max(MAX_PLAIN, MAX_PACKED)
    if form != "name":
        assert text_of(value) == text


BAD = {
    "cut off": (in_link(" ".join(WORDS))[:-9], "is compressed, and a part of it is missing or changed"),
    "changed": (in_link(" ".join(WORDS)).replace("A", "B"), "is compressed, and a part of it is missing or changed"),
    "followed": (packed(b"a" * 2_000) + "AAAA", "is compressed, and a part of it is missing or changed"),
    "no base64": ("~zlib~a b!", "is compressed, and a part of it is missing or changed"),
    "no ASCII": ("~zlib~列", "is compressed, and a part of it is missing or changed"),
    "nothing": ("~zlib~", "is compressed, and a part of it is missing or changed"),
    "no text": (packed(b"\xff\xfe" * 9), "is compressed, and a part of it is missing or changed"),
    "too long": (packed(b"a" * (MAX_TEXT + 1)), "is compressed, and longer than 100,000 characters"),
    "bomb": (packed(b"a" * 4_300_000), "is compressed, and longer than 100,000 characters"),
    "too much": ("~zlib~" + "a" * (MAX_PACKED + 1), "is compressed to 6,001 characters; 6,000 is the most"),
    "plain": ("a" * (MAX_TEXT + 1), "has 100,001 characters; 100,000 is the most"),
    "name": ("~tab~../../x", "has a name that this app gives to no text"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_text_is_refused(kind):
    value, sentence = BAD[kind]
    assert fault(value).startswith(sentence)


def test_a_bomb_takes_no_more_room_than_a_text():
    value = BAD["bomb"][0]
    assert len(value) <= MAX_PACKED
    tracemalloc.start()
    fault(value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * MAX_TEXT


@pytest.mark.parametrize(("name", "kind"), [("text", "cut off"), ("ids", "bomb"), ("text", "name")])
def test_a_page_says_of_a_bad_text_what_is_wrong_and_leaves_it_out(name, kind):
    value, sentence = BAD[kind]
    at = by_link(**{name: value, "write": "text" if name == "text" else "token ids"})
    assert not at.exception
    assert f"The link's {name} {sentence}" in words(at)
    assert name not in at.query_params


def test_an_old_plain_link_to_a_long_text_opens_and_is_compressed():
    text = "A list is no tuple. " * 100
    at = by_link("lookup.py", text=text)
    assert at.text_area(key="text").value == text
    assert at.query_params == {"text": in_link(text)}
    assert "The link holds this text in compressed form: a reload keeps it, and so does a shared link." in words(at)


def test_ids_are_compressed_as_a_text_is():
    ids = ", ".join(str(token_id) for token_id in range(1, 900))
    at = by_link("lookup.py", write="token ids", ids=in_link(ids))
    assert at.text_area(key="ids").value == ids
    assert at.query_params == {"write": "token ids", "ids": in_link(ids)}
    assert "The link holds this list of token ids in compressed form" in words(at)


def test_a_notice_of_the_link_goes_away_after_the_next_action():
    at = by_link("lookup.py", modle="toy", token="99")
    assert [each.value for each in at.warning if "The link" in each.value] != []
    at.text_area(key="text").set_value("a b").run()
    assert [each.value for each in at.warning if "The link" in each.value] == []
