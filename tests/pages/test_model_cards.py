"""The cards of the models on the Overview: each says what its file says, and opens its model by a click."""

import embedcore
from embedcore.model import catalog
from tests.pages.apptest import visit, words


def card_buttons(at):
    return {button.label: button for button in at.button if button.key and button.key.startswith("open_")}


def test_every_model_has_a_card_with_the_numbers_of_its_file():
    at = visit()
    entries = catalog.entries()
    assert list(card_buttons(at)) == [entry.name for entry in entries]
    said = words(at)
    for entry in entries:
        metadata = embedcore.open_model(entry.name, provider="cpu").metadata
        numbers = f"{metadata.n_vocab:,} × {metadata.stored_width:,}"
        assert entry.numbers.startswith(numbers)
        assert numbers in said
        assert entry.summary.split(",")[0] in said


def test_a_click_on_a_card_opens_its_model():
    at = visit()
    card_buttons(at)["toy"].click().run()
    assert not at.exception
    assert at.session_state["model"] == "toy"
    assert at.query_params["model"] == "toy"
