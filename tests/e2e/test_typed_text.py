"""What a reader typed, and what a link holds, is seen as it is: no address, icon, picture or sign is made of it."""

from urllib.parse import urlencode

import pytest

import embedcore
from embedcore.errors import EmbedcoreError
from embedcore.space.expressions import parse_expression
from embedcore.tokens.labels import quoted, token_label, visible
from embedcore.tokens.search import search_vocabulary
from embedcore.tokens.written_ids import read_ids
from tests.payloads import PAYLOADS

pytestmark = pytest.mark.e2e
CHOICES = ("model", "write", "provider", "left", "right", "by", "token")  # a wrong value of each is told in a notice
GPT2, TOY = embedcore.get_tokenizer("gpt2"), embedcore.get_tokenizer("toy")


def by_bytes(query):
    return search_vocabulary(GPT2, query, by="bytes")


def by_id(query):
    return search_vocabulary(GPT2, query, by="id")


def as_expression(text):
    return parse_expression(text, GPT2)


def as_factors(text):
    raise EmbedcoreError(
        f"Rotary (RoPE): Short factors are {quoted(text)}: write 1 number, or one for each pair, with commas between"
    )


# Each field that takes text: the page with it, its name in the link, and what the library makes of a text.
FIELDS = {
    "bytes": ("/tokens?by=bytes&", "query", by_bytes), "id": ("/tokens?by=id&", "query", by_id),
    "ids": ("/tokens?write=token+ids&", "ids", read_ids), "expression": ("/neighbors?ask=an+expression&", "expression", as_expression),
    "toy text": ("/tokens?model=toy&", "text", TOY.encode), "axis": ("/map?method=own+axes&", "axis_x", as_expression),
    "find": ("/map?find_by=bytes&", "find", by_bytes), "found": ("/neighbors?find_by=id&", "find_token", by_id),
    "factors": ("/positions?schemes=rope&view=Rotation&scaling=longrope&", "rope_short_factors", as_factors),
}  # fmt: skip
MADE = "a, img, svg, .katex, [role=img], ul, ol, table, del, em, strong, h1, h2, h3, h4, hr, sup, blockquote, pre"
# In `make test` those that were seen alive; `make test-long` sends all of them through every field.
ALIVE = ("[click](http://a.b)", "http://a.b", "www.a.b", "a@b.co", "![i](x)", ":material/home:", ":smile:", ":red[x]", "&#x3c;", "<b>x</b>", "$x$", "`a`", "a -> b", "~~x~~",
         "a  b", "ال سل", "\u202eabc", "a\nb", "_x_ *y*", "\\*", "it's \"x\"")  # fmt: skip


def told(page):
    """Return what each notice and error says, and how many links, icons and the like stand in them."""
    inside = '[data-testid="stAlert"] [data-testid="stMarkdownContainer"]'
    page.wait_for_selector(inside)
    return page.locator(inside).all_inner_texts(), page.locator(inside).locator(f":is({MADE})").count()


def check_link(open_page, payloads):
    page = open_page("/tokens?" + urlencode(dict(zip(CHOICES, payloads, strict=False))))
    said, n_made = told(page)
    assert n_made == 0
    for payload in payloads:
        assert any(quoted(payload) in each for each in said), (payload, said)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('[data-testid=stAlert] code')).unicodeBidi") == "isolate"
    )


def check_field(open_page, field, payload):
    """Compare the error that a page shows with the very message that the library raises."""
    path, key, ask = FIELDS[field]
    with pytest.raises(EmbedcoreError) as raised:
        ask(payload)
    page = open_page(path + urlencode({key: payload}))
    said, n_made = told(page)
    assert n_made == 0
    assert any(visible(str(raised.value)) in each for each in said)


@pytest.mark.parametrize("start", range(0, len(ALIVE), len(CHOICES)))
def test_a_notice_shows_what_the_link_holds(open_page, start):
    check_link(open_page, ALIVE[start : start + len(CHOICES)])


@pytest.mark.parametrize(("field", "payload"), list(zip(FIELDS, ALIVE, strict=False)))
def test_an_error_shows_what_was_typed(open_page, field, payload):
    check_field(open_page, field, payload)


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, len(PAYLOADS), len(CHOICES)))
def test_every_payload_is_seen_in_a_notice(open_page, start):
    check_link(open_page, PAYLOADS[start : start + len(CHOICES)])


@pytest.mark.long
@pytest.mark.parametrize("payload", [payload for payload in ALIVE if payload.strip()])
@pytest.mark.parametrize("field", ["bytes", "id"])
def test_every_payload_is_seen_in_an_error(open_page, field, payload):
    check_field(open_page, field, payload)


def test_how_a_token_is_built_shows_the_tokens_own_characters(open_page):
    page = open_page("/tokens?" + urlencode({"text": " `` --------  -> #### >< ||", "token": "1"}))
    cells = page.locator("[data-testid=stTable] td")
    cells.first.wait_for()
    for index, token in ((0, "␣``"), (1, "␣--------")):
        page.locator(f'button[aria-label^="token {index}, "]').first.click()
        page.wait_for_function(
            "label => [...document.querySelectorAll('[data-testid=stTable] td')].at(-1)?.innerText === label", arg=token
        )
        assert page.locator("[data-testid=stTable]").locator(":is(a, img, em, strong, ul, h1, hr, del)").count() == 0


def test_arabic_turns_neither_id_nor_place_around(open_page):
    page = open_page("/neighbors?" + urlencode({"ask": "this text", "text": "ال list", "find_by": "text"}))
    chip = page.locator(".chips button").first
    label, token_id = chip.locator(".label").inner_text(), chip.locator(".id").inner_text()
    assert label == token_label(GPT2.token_bytes(int(token_id)))
    assert chip.get_attribute("aria-label") == f"token 0, \u2068{label}\u2069, id {token_id}, untrained"
    assert chip.locator(".label").evaluate("label => getComputedStyle(label).unicodeBidi") == "isolate"
    page = open_page("/neighbors?" + urlencode({"find_by": "text", "find_token": "ال"}))
    found = page.locator(".follow button").first
    token_id = found.locator(".id").inner_text()
    label = found.locator(".label").inner_text()
    assert found.get_attribute("aria-label") == f"\u2068{label}\u2069, id {token_id}, untrained"
