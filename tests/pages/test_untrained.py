"""What pages say of rows that training never touched: chips, labels, tables, and one sentence with what to try instead."""

import json

import numpy as np
import pytest

from embedcore.model.trained_rows import untouched
from tests.pages.apptest import TEXT, charts, visit, words

CAT = "The cat sat on the mat"
MARKED = ["0 The", "1 ␣cat untrained", "2 ␣sat untrained", "3 ␣on", "4 ␣the", "5 ␣mat"]
SAID = "2 of 6 tokens were never in the training text, so their rows are still random numbers."
WITH_CHIPS = ["overview.py", "tokens.py", "lookup.py", "positions.py", "sum.py", "neighbors.py"]


def chips(at):
    sent = next(each.proto.json for each in at.get("bidi_component") if each.proto.component_name == "token_chips")
    return json.loads(sent)["tokens"]


@pytest.mark.parametrize("page", WITH_CHIPS)
def test_every_page_with_chips_marks_them_and_says_so_once(page):
    at = visit(page, text=CAT, ask="this text")
    assert [chip["untrained"] for chip in chips(at)] == [False, True, True, False, False, False]
    assert words(at).count(SAID) == 1
    at.button(key=f"{ {'neighbors.py': 'near'}.get(page, page.removesuffix('.py')) }_try").click().run()
    assert at.session_state["text"] == TEXT
    assert not any(chip["untrained"] for chip in chips(at))
    assert "training text" not in words(at)


@pytest.mark.parametrize("page", ["overview.py", "sum.py"])
def test_pictures_and_their_tables_name_the_rows(page):
    at = visit(page, text=CAT)
    assert charts(at)[0]["data"][0]["y"] == MARKED
    at = visit(page, text=CAT, **{("equation" if page == "overview.py" else "sum_equation") + "_table": True})
    assert list(dict.fromkeys(at.dataframe[0].value["token"])) == MARKED


def test_the_table_of_tokens_says_of_each_whether_its_row_was_trained():
    at = visit("tokens.py", text=CAT, tokens_table=True)
    assert at.dataframe[0].value["untrained"].tolist() == [False, True, True, False, False, False]
    at = visit("tokens.py", model="random-gpt2", text=CAT, tokens_table=True)
    assert "untrained" not in at.dataframe[0].value


@pytest.mark.parametrize(("page", "view"), [("sum.py", "Scores"), ("positions.py", "Word order")])
def test_the_word_order_example_has_trained_rows_and_another_is_marked(page, view):
    at = visit(page, text=TEXT, view=view)
    assert "training text" not in words(at)
    at.text_input(key="second_sentence").set_value("The mat sat on the cat")
    at.text_input(key="first_sentence").set_value(CAT).run()
    assert SAID in words(at)
    assert MARKED in [charts(at)[index]["data"][0]["y"] for index in range(len(charts(at)))]


@pytest.mark.parametrize(("model", "text"), [("random-gpt2", CAT), ("toy", "fox jumps over dog")])
def test_of_a_model_in_which_nothing_was_trained_a_sentence_says_it_once(model, text):
    at = visit("lookup.py", model=model, text=text)
    assert words(at).count(f"No row of {model} was trained: all of its numbers are random, drawn with seed 123.") == 1
    assert not any(chip["untrained"] for chip in chips(at))


def test_where_nothing_is_chosen_every_page_explains_the_longest_trained_token(pydoc):
    text = "The catapult sat on the mat"
    encoded = pydoc.tokenizer.encode(text)
    never = untouched(pydoc.metadata)[encoded.token_ids]
    lengths = np.where(never, 0, [len(token) for token in encoded.token_bytes])
    place = int(np.argmax(lengths))
    assert len(encoded.token_bytes[place]) < max(map(len, encoded.token_bytes))  # the longest of all was never trained
    for page in WITH_CHIPS:
        at = visit(page, text=text, ask="this text", view="Distance")
        said = "\n".join([words(at), *(part.value for part in at.subheader)])
        assert f"{place} ␣the" in said or f"Token {place}, `␣the`" in said, page


def test_with_a_window_that_was_moved_every_page_explains_the_longest_token_of_that_window():
    at = visit("lookup.py", text=" incomprehensible" + " tuple list" * 150)
    at.number_input(key="first").set_value(40).run()
    for page in ("lookup.py", "tokens.py", "sum.py", "tokens.py"):
        at.switch_page(page).run()
        assert "41 ␣tuple" in words(at) or "Token 41, `␣tuple`" in words(at), page


def test_the_audit_says_untrained_and_not_never_trained():
    said = words(visit("audit.py"))
    assert "never trained" not in said
    assert "37,977 are untrained" in said
