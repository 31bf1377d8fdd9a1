"""Pages of a model whose tokenizer lies in its own file, and whose table has more rows, or fewer, than it has tokens."""

import shutil

import pytest

import embedcore
from embedcore.model import catalog
from tests.pages.apptest import PAGES, by_link, words
from tests.pages.test_snippets import run
from tests.pages.test_tokens_page import chips
from tests.small_models import write_small_model
from tests.tokens.trained import trained

TEXT = "The Cats are Pläying"
N_TOKENS = 111


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models with the tokenizer of a small BERT: seven rows past it, and a table that is ten rows short."""
    path = tmp_path_factory.mktemp("models")
    shutil.copy(catalog.MODELS_FOLDER / "toy.onnx", path)
    for name, n_rows in (("longer", N_TOKENS + 7), ("shorter", N_TOKENS - 10)):
        write_small_model(
            path / f"{name}.onnx", tokenizer="bert", tokenizer_json=trained("WordPiece"), n_vocab=n_rows, seed=3
        )
    return path


@pytest.fixture(autouse=True)
def _named(folder, monkeypatch):
    monkeypatch.setenv(catalog.VARIABLE, str(folder))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_it(page):
    at = by_link(page, model="longer", text=TEXT)
    assert not at.exception
    assert not at.error, words(at)


def test_the_tokens_page_says_what_is_read_and_what_the_other_rows_are(folder, monkeypatch):
    at = by_link("tokens.py", model="longer", text=TEXT, left="longer", more=["gpt2", "longer"])
    assert not at.exception
    assert not at.error, words(at)
    own = embedcore.open_model(folder / "longer.onnx").tokenizer
    assert own.n_vocab == N_TOKENS
    ids = own.encode(TEXT).token_ids.tolist()
    assert [chip["id"] for chip in chips(at, 0)] == [chip["id"] for chip in chips(at, 1)] == ids
    assert [chip["id"] for chip in chips(at, 3)] == embedcore.get_tokenizer("gpt2").encode(TEXT).token_ids.tolist()
    assert "The tokenizer reads: `the cats are playing`." in words(at)
    assert (
        f"The table has {N_TOKENS + 7} rows, and the tokenizer longer {N_TOKENS} ids: the last 7 rows are of no token, and "
        "no text reaches them." in words(at)
    )
    assert "the tokenizer reads" not in words(by_link("tokens.py", model="toy", text="fox")).lower()
    assert run(at.code[0].value, folder, monkeypatch)["token_ids"].tolist() == ids


def test_a_row_past_the_tokenizer_has_neighbors_and_a_place_on_the_map():
    at = by_link("neighbors.py", model="longer", text=TEXT, id=str(N_TOKENS + 3))
    assert not at.exception
    assert not at.error, words(at)
    assert at.number_input(key="id").value == N_TOKENS + 3
    for color in ("script", "first byte", "length", "category"):
        at = by_link("map.py", model="longer", text=TEXT, color=color)
        assert not at.exception
        assert not at.error, words(at)


def test_tokens_without_a_row_are_named(folder):
    at = by_link("tokens.py", model="shorter", text=TEXT)
    assert not at.exception
    assert "the last 10 tokens have no row, so the model cannot read them." in words(at)
    own = embedcore.open_model(folder / "shorter.onnx").tokenizer
    for page in ("audit.py", "map.py", "neighbors.py"):
        at = by_link(page, model="shorter", text="the", find_token="a", find="a")
        assert not at.exception, page
    at = by_link("lookup.py", model="shorter", text=b" ".join(own.token_bytes(row) for row in (N_TOKENS - 1,)).decode())
    assert not at.exception


def test_ids_are_carried_by_what_the_vocabulary_holds():
    at = by_link("lookup.py", model="longer", write="token ids", ids="40, 41")
    assert not at.exception
    at.selectbox(key="model").set_value("shorter").run()
    assert at.session_state["ids"] == "40, 41"
    assert "are ids of" not in words(at)
