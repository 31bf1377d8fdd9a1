"""The knobs of the Positions page: each one moves its scheme, and out of its range is named in place and kept."""

import re

import numpy as np
import pytest

from embedcore.schemes.rope_parameters import SCALINGS
from tests.pages.apptest import by_link, charts, typed, words
from tests.pages.test_positions_page import look
from tests.position_knobs import EXTENSION_KNOBS, KNOBS
from tests.seen import seen


@pytest.mark.parametrize(
    "name", ["shaw", "transformer-xl", "bert-relative-key", "bert-relative-key-query", "deberta", "t5"]
)
def test_the_seed_draws_what_no_file_has(name):
    drawn = [
        typed(charts(look("Scores", [name], shown="position's part", **state))[0]["data"][0]["z"])
        for state in ({}, {"scheme_seed": 123}, {"scheme_seed": 7})
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0.1


@pytest.mark.parametrize(("view", "shown"), [("Scores", "score"), ("Scores", "terms"), ("Formula and code", "score"), ("What is given", "score"), ("Distance", "score"), ("Word order", "score")])  # fmt: skip
def test_a_scheme_that_is_refused_is_told_and_hides_no_other(view, shown):
    at = look(view, ["shaw", "t5"], shown=shown, shaw_distance=0)
    assert not at.exception
    assert [seen(error.value) for error in at.error] == ["max_distance is 0, but must be 1 or more, and finite"]
    assert len(at.code) == 2 if view == "Formula and code" else len(charts(at)) == 1


def box(at, label):
    return next(each for each in at.number_input if each.label == label)


@pytest.mark.parametrize(("label", "value", "link", "schemes"), KNOBS)
def test_a_knob_moves_the_score_and_the_link(label, value, link, schemes):
    at = look("Scores", schemes, shown="position's part")
    before = typed(charts(at)[0]["data"][0]["z"])
    box(at, label).set_value(value).run()
    assert not at.exception
    assert np.abs(typed(charts(at)[0]["data"][0]["z"]) - before).max() > 1e-3
    assert link in [f"{name}={value}" for name, value in at.query_params.items()]


@pytest.mark.parametrize(("scaling", "label", "value", "link"), EXTENSION_KNOBS)
def test_a_knob_of_an_extension_moves_its_wavelengths_or_its_factor(scaling, label, value, link):
    at = look("Rotation", ["rope"], scaling=scaling, target=4096)
    index = list(SCALINGS).index(scaling)

    def shown():
        factor = re.search(r"attention factor, which multiplies cosines and sines, is ([\d.]+)\.", words(at))[1]
        return [*typed(charts(at)[3]["data"][index]["y"]).tolist(), float(factor)]

    before = shown()
    box(at, label).set_value(value).run()
    assert not at.exception
    assert shown() != before
    assert link in [f"{name}={value}" for name, value in at.query_params.items()]


@pytest.mark.parametrize(
    ("scheme", "key", "least"),
    [
        ("sinusoidal", "row_scale", 0.1),
        ("t5", "t5_both", 1e-3),
        ("alibi", "normalize", 1),
        ("deberta", "deberta_released", 1),
    ],
)
def test_a_switch_moves_the_score(scheme, key, least):
    on, off = (typed(charts(look("Scores", [scheme], **state))[0]["data"][0]["z"]) for state in ({}, {key: False}))
    assert np.abs(on - off).max() > least


OUT_OF_RANGE = {
    "heads": ({"heads": 5}, "64 does not divide into 5 heads: choose one of 1, 2, 4, 8"),
    "base": ({"schemes": ["sinusoidal"], "base": 0.0}, "base is 0, but must be above 0"),
    "xl_base": ({"schemes": ["transformer-xl"], "xl_base": -3.0}, "base is -3"),
    "rope_base": ({"rope_base": -1.0}, "base is -1, but must be above 0"),
    "factor": ({"scaling": "linear", "rope_factor": 0.5}, "factor is 0.5, but must be 1 or more"),
    "original_length": ({"scaling": "yarn", "rope_original_length": 0}, "original_length is 0, but must be 1"),
    "betas": ({"scaling": "yarn", "rope_beta_slow": 40.0}, "beta_slow is 40 and beta_fast 32"),
    "attention_factor": ({"scaling": "yarn", "rope_attention_factor": -1.0}, "attention_factor is -1, but must be 0"),
    "frequency factors": ({"scaling": "llama3", "rope_low_frequency_factor": 9.0}, "is 9 and high_frequency_factor 4"),
    "long factors": ({"scaling": "longrope", "rope_long_factors": "1, 2"}, "has 2 numbers.*8 pairs"),
    "short factors": ({"scaling": "longrope", "rope_short_factors": "one"}, "'one'.*1 number, or one for each pair"),
    "rotary_dim": ({"rope_rotary_dim": 18}, "rotary_dim is 18, but must be even, from 2 to 16"),
    "proportion": ({"scaling": "proportional", "rope_proportion": 2.0}, "proportion is 2 of 8 pairs"),
    "mscale": ({"scaling": "yarn", "rope_mscale": 2.0, "rope_attention_factor": 2.0}, "attention_factor is 2 and mscale 2"),
    "alibi": ({"schemes": ["alibi"], "alibi_bias_max": 0.0}, "bias_max is 0, but must be above 0"),
    "shaw": ({"schemes": ["shaw"], "shaw_distance": 0}, "max_distance is 0, but must be 1"),
    "bert": ({"schemes": ["bert-relative-key"], "bert_distance": -2}, "max_distance is -2, but must be 1"),
    "deberta": ({"schemes": ["deberta"], "deberta_buckets": 5}, "n_buckets is 5, but must be 0"),
    "t5 buckets": ({"schemes": ["t5"], "t5_buckets": 3}, "n_buckets is 3, but must be even and 4"),
    "t5 distance": ({"schemes": ["t5"], "t5_distance": 8}, "max_distance is 8, but the first 8"),
    "memory": ({"schemes": ["shaw"], "shaw_distance": 10**6, "heads": 1}, "bytes, and 400,000,000 is the most"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "message"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_a_knob_out_of_its_range_is_named_with_both_numbers_and_kept(state, message):
    at = look("Scores", **{"schemes": ["rope"]} | state) if "schemes" not in state else look("Scores", **state)
    assert not at.exception
    said = "\n".join(seen(error.value) for error in at.error)
    assert re.search(message, said)
    for key, value in state.items():
        assert at.session_state[key] == value


@pytest.mark.parametrize(
    ("reach", "message"), [(0, "reach is 0, but must be 1"), (2_000_000, "100,000,000 is the most")]
)
def test_a_reach_of_nothing_or_past_memory_is_named_in_place(reach, message):
    at = look("Distance", ["alibi"], reach=reach)
    assert not at.exception
    assert message in words(at)


def test_frequency_pairs_are_a_list_and_links_keep_their_numbers():
    at = by_link("positions.py", pair="-1", view="Scores", schemes="rope")
    box = at.selectbox(key="pair")
    assert box.options == ["all pairs", *map(str, range(8))]
    assert box.value == -1
    assert "The link asks" not in words(at)
    box.set_value(3).run()
    assert at.query_params["pair"] == "3"
    assert "only pair 3 of the head is shown" in words(at)
    at.selectbox(key="pair").set_value(-1).run()
    assert "pair" not in at.query_params
    linked = by_link("positions.py", pair="5", schemes="rope")
    assert linked.selectbox(key="pair").value == 5
    linked.number_input(key="heads").set_value(8).run()  # a head of four pairs has no pair 5
    assert linked.selectbox(key="pair").value == -1
    assert not linked.exception
    assert "The link asks for pair = `'99'`; it must be -1 to 7." in words(by_link("positions.py", pair="99"))


def test_heads_are_kept_with_another_model_unless_they_do_not_fit():
    at = look("Scores", ["alibi"], heads=8)
    at.selectbox(key="model").set_value("random-gpt2").run()
    assert at.number_input(key="heads").value == 8
    at.text_area(key="text").set_value("fox jumps").run()
    at.selectbox(key="model").set_value("toy").run()
    assert at.number_input(key="heads").value == 1
    assert not at.exception
    assert len(at.error) == 0
