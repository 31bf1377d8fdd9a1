"""A link that sets a knob which nothing on the Positions page uses: the page says whose it is, and following that works."""

import pytest

from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.registry import SCHEMES
from embedcore.schemes.rope_parameters import ARGUMENTS, SCALINGS
from export.random import random_layer
from export.writer import write_model
from pages.shared.parameter import Kind
from pages.shared.parameters import PARAMETERS
from pages.views.positions.unused_knobs import KNOBS
from tests.pages.apptest import by_link, words
from tests.pages.test_positions_page import look

EVERYWHERE = {
    "model", "write", "text", "ids", "provider", "schemes", "heads", "head", "pair", "normalize", "scheme_seed", "view", "shown",
    "one_scale", "causal", "carried",
}  # fmt: skip


def drawn_keys(at):
    controls = (*at.number_input, *at.toggle, *at.selectbox, *at.text_input)
    return {control.key for control in controls} & set(PARAMETERS) - EVERYWHERE


@pytest.mark.parametrize("name", SCHEME_OUTPUTS)
def test_the_knobs_of_every_scheme_are_those_that_the_page_draws(name):
    states = [{"scaling": scaling} for scaling in SCALINGS] if name == "rope" else [{}]
    assert {key for state in states for key in drawn_keys(look("Scores", [name], **state))} == set(KNOBS[name])


VALUES = {Kind.WHOLE: "8", Kind.DECIMAL: "8", Kind.SWITCH: "false", Kind.LINE: "2", Kind.CHOICE: "interleaved"}


@pytest.mark.parametrize("name", [name for name in KNOBS if KNOBS[name]])
def test_a_knob_of_a_scheme_that_is_not_chosen_is_told_with_its_scheme(name):
    others = ["alibi"] if name != "alibi" else ["none"]
    knobs = {key: VALUES[PARAMETERS[key].kind] for key in KNOBS[name]}
    at = by_link("positions.py", schemes=others, **knobs)
    assert not at.exception
    said = words(at)
    for key, value in knobs.items():
        assert (
            f"The link asks for {key} = `'{value}'`, which belongs to {SCHEMES[name].title}, which is not among" in said
        )
    assert set(at.query_params) == {"schemes"}


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_number_of_another_extension_is_told_with_those_that_use_it(scaling):
    unused = [name for name in ("factor", "beta_fast", "low_frequency_factor", "long_factors") if name not in ARGUMENTS[scaling]]  # fmt: skip
    at = by_link("positions.py", schemes=["rope"], scaling=scaling, **{f"rope_{name}": "8" for name in unused})
    assert not at.exception
    said = words(at)
    for name in unused:
        users = [other for other in SCALINGS if name in ARGUMENTS[other]]
        assert (
            f"The link asks for rope_{name} = `'8'`, which belongs to the extension {' or '.join(users)}, and {scaling} is chosen: it is left out."
            in said
        )


def test_a_factor_without_an_extension_is_told_and_with_one_it_is_used():
    at = by_link("positions.py", schemes=["rope"], rope_factor="8", scaling="none")
    assert "which belongs to the extension linear or ntk or dynamic" in words(at)
    assert "rope_factor" not in at.query_params
    at = by_link("positions.py", schemes=["rope"], rope_factor="8", scaling="linear")
    assert "The link asks" not in words(at)
    assert at.number_input(key="rope_factor").value == 8


def test_a_knob_is_told_while_the_models_own_numbers_stand(tmp_path, monkeypatch):
    layer = random_layer(n_vocab=6, d_model=8, context_length=9, seed=1, positions="rope", n_heads=2, base=500.0)
    write_model(layer, tmp_path / "my-rope.onnx", name="my-rope", tokenizer="toy", source="t", provenance={})
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    link = {"schemes": "rope", "rope_base": "700", "model": "my-rope", "text": "fox jumps"}
    at = by_link("positions.py", **link)
    assert not at.exception
    sentence = "The link asks for rope_base = `'700'`, which Rotary (RoPE) does not use while its numbers are those of"
    assert sentence in words(at)
    at = by_link("positions.py", **link, carried="false")
    assert sentence not in words(at)
    assert at.number_input(key="rope_base").value == 700
