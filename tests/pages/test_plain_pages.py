"""Every page over a model, a text and tokens that are no plain words: whatever is theirs stands as code, nowhere as Markdown."""

import re

import onnx
import pytest

from embedcore.model import catalog
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import merge_steps
from embedcore.tokens.tokenizer import get_tokenizer
from pages.shared import plain
from pages.views.positions.views import VIEWS
from tests.pages.apptest import visit
from tests.seen import seen

MARK = "§"  # stands in no sentence of ours, and is no plain word
NAME = f"{MARK} *a* [b](c) :smile: &lt; $x$ `d`"
TEXT = f"a {MARK} b {MARK} c{MARK} d"
ID = 16_273  # "§"
ASKED = [
    ("overview.py", {}), ("tokens.py", {"token": 1, "query": MARK}), ("batches.py", {}), ("lookup.py", {}),
    ("sum.py", {"token": 1, "first_sentence": TEXT, "second_sentence": TEXT[::-1]}),
    *(("positions.py", {"view": view, "token": 1, "first_sentence": f"a {MARK} b", "second_sentence": f"b {MARK} a"}) for view in VIEWS),
    *(("neighbors.py", {"ask": ask, "token": 1, "find_token": MARK, "id": ID, "expression": f"{MARK} + {MARK}"}) for ask in ("a token", "this text", "an expression")),
    ("map.py", {"find": MARK, "ties": True, "tied": ID}), ("map.py", {"method": "own axes", "axis_x": MARK, "axis_y": f'"{MARK}"', "color": "trained"}),
    ("audit.py", {}),
]  # fmt: skip


def markdown_of(at):
    """Return every text on a page that Streamlit reads as Markdown."""
    kinds = (at.markdown, at.caption, at.title, at.header, at.info, at.warning, at.error, at.success)
    said = [element.value for kind in kinds for element in kind]
    for kind in (
        at.expander,
        at.tabs,
        at.toggle,
        at.button,
        at.metric,
        at.text_input,
        at.number_input,
        at.selectbox,
        at.slider,
    ):
        said += [element.label for element in kind]
    said += [link.proto.label for link in at.get("page_link")]
    for table in at.table:
        said += [*map(str, table.value.columns), *(str(cell) for cell in table.value.to_numpy().ravel())]
    return said


def outside_code(markdown):
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", markdown)


@pytest.fixture(scope="module")
def odd_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    proto = onnx.load(catalog.MODELS_FOLDER / "pydoc-gpt.onnx")
    for prop in proto.metadata_props:
        if prop.key in ("embedcore.name", "embedcore.source"):  # a file says what it likes of itself
            prop.value = NAME if prop.key == "embedcore.name" else f"weight-tied {NAME}"
    onnx.save(proto, folder / f"{NAME}.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "MODELS_FOLDER", folder)
        yield


@pytest.mark.usefixtures("odd_model")
@pytest.mark.parametrize(("page", "state"), ASKED)
def test_what_is_not_ours_stands_as_code(page, state):
    at = visit(page, model=NAME, text=TEXT, **state)
    assert not at.exception
    said = markdown_of(at)
    for each in said:
        assert MARK not in outside_code(each), each
    if page in ("overview.py", "sum.py", "audit.py"):
        assert any(plain.text(NAME) in each or plain.code(f"{NAME}.output.npy") in each for each in said)
    if page in ("tokens.py", "neighbors.py"):
        assert any(MARK in each for each in said)


def test_how_a_token_is_built_shows_each_of_gpt2s_tokens_as_it_is():
    """126 of them were read as Markdown in a cell: "->" as an arrow, "####" as a heading, a back-quote as nothing."""
    tokenizer = get_tokenizer("gpt2")
    labels = {token_label(tokenizer.token_bytes(token_id)) for token_id in range(tokenizer.n_vocab)}
    for label in labels:
        assert seen(plain.code(label)) == label
    assert seen(" · ".join(plain.code(label) for label in ("`", "->", "#"))) == "` · -> · #"


@pytest.mark.parametrize("token", [b"--------", b"->", b"><", b"####", b" ``", b" ||"])
def test_the_cells_of_how_a_token_is_built_are_code(token):
    tokenizer = get_tokenizer("gpt2")
    at = visit("tokens.py", text=token.decode())
    table = at.table[0].value
    steps = merge_steps(tokenizer, tokenizer.ranks[token])
    assert [seen(cell) for cell in table["merged"]] == ["", *(token_label(step.merged) for step in steps)]
    stages = [tuple(bytes([byte]) for byte in token), *(step.parts for step in steps)]
    assert [seen(cell) for cell in table["parts"]] == [" · ".join(map(token_label, stage)) for stage in stages]
    assert table["parts"].iloc[-1] == plain.code(token_label(token))
