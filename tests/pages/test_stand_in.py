"""What pages show where the model has no tokens for what the reader wrote, and what token ids begin with."""

import pytest

import embedcore
from tests.pages.apptest import PAGES, TEXT, by_link, visit, words

FOX = "fox jumps over dog"
GPT2 = embedcore.get_tokenizer("gpt2")


def switched(at, model):
    return at.selectbox(key="model").set_value(model).run()


@pytest.mark.parametrize("page", PAGES)
def test_a_model_without_tokens_for_the_text_shows_another_and_keeps_the_text(page):
    at = switched(visit(page, text=TEXT, token=5), "toy")
    assert not at.exception
    assert not [error for error in at.error if "head_dim is 3" not in error.value], words(at)  # RoPE turns pairs
    assert "none of the toy's 6 tokens" in words(at)
    assert f"The pages show “{FOX}” for now, and your text is kept: " in words(at)
    assert at.text_area(key="text").value == TEXT
    at.button(key="stand_in_back").click().run()
    assert at.selectbox(key="model").value == "pydoc-gpt"
    assert "The pages show" not in words(at)
    assert at.text_area(key="text").value == TEXT
    if page not in {"batches.py", "audit.py"}:
        assert at.session_state["token"] == 5  # of the text that came back


def test_the_text_that_stands_in_can_be_written(toy):
    at = switched(visit("lookup.py", text=TEXT), "toy")
    assert at.get("plotly_chart")
    at.button(key="stand_in_write").click().run()
    assert at.text_area(key="text").value == FOX
    assert "The pages show" not in words(at)
    assert not [button for button in at.button if str(button.key).startswith("stand_in")]


def test_a_link_to_the_toy_offers_a_model_that_reads_every_text():
    at = by_link("overview.py", model="toy", text="a cat")
    assert at.button(key="stand_in_back").label == "Go back to pydoc-gpt"
    assert at.query_params["text"] == "a cat"


def test_a_text_that_no_model_reads_is_said_to_be_wrong(monkeypatch):
    monkeypatch.setattr("embedcore.tokens.given_text.MAX_WHITE_SPACE", 10)
    at = visit(model="toy", text=" " * 20)
    assert "characters of white space on end" in words(at)
    assert at.error
    assert "The pages show" not in words(at)


def test_token_ids_begin_with_those_of_the_text():
    ids = ", ".join(map(str, GPT2.encode("a tuple").token_ids.tolist()))
    at = visit("tokens.py", text="a tuple", token=1)
    at.button_group(key="write").set_value("token ids").run()
    assert at.text_area(key="ids").value == ids
    assert at.session_state["token"] == 1
    assert at.query_params["ids"] == ids
    at.button_group(key="write").set_value("text").run()
    at.text_area(key="text").set_value("a list").run()
    at.button_group(key="write").set_value("token ids").run()
    assert at.text_area(key="ids").value == ", ".join(map(str, GPT2.encode("a list").token_ids.tolist()))


def test_ids_that_the_reader_wrote_stay():
    at = visit("tokens.py", text="a tuple", write="token ids", ids="1351, 1351")
    at.button_group(key="write").set_value("text").run()
    at.button_group(key="write").set_value("token ids").run()
    assert at.text_area(key="ids").value == "1351, 1351"


def test_a_link_without_ids_has_its_default_ids():
    at = by_link("tokens.py", write="token ids", text="a tuple")
    assert at.text_area(key="ids").value == "2, 3, 5, 1"
    at.run()
    assert at.text_area(key="ids").value == "2, 3, 5, 1"


@pytest.mark.parametrize("ask", ["a token", "this text", "an expression"])
def test_neighbors_keep_the_chosen_token_in_the_link_and_begin_with_it(ask):
    at = by_link("neighbors.py", token="5", ask=ask)
    assert at.query_params["token"] == "5"
    if ask == "a token":
        assert at.number_input(key="id").value == 46545  # " tuple"
        assert "id" not in at.query_params
