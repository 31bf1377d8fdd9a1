"""Rotary positions of released models by name: transformers' code for each, and ours, give the same frequencies."""

import math
from dataclasses import replace

import numpy as np
import pytest

from embedcore import contract
from embedcore.schemes.rope_parameters import ARGUMENTS, RopeParameters
from tests.nn import huggingface
from tests.nn.oracles import assert_sums
from tests.nn.rope_configs import MODELS
from tests.nn.test_rope_scaling import FREQUENCY_RTOL, assert_frequencies, oracle

EACH = pytest.mark.parametrize("name", MODELS)
# The error of transformers' float32 powers and products: ln(base) · x roundings for base^x, and a few more.
FLOAT32_RTOL = 2e-6
# In float64, but for float32 exponents (LongRoPE's `.float()`) and constants that it writes as float32.
EXACT_RTOL = 1e-6


def ours(run, row, length):
    """Return the frequencies and the attention factor of our graph, and those of the formula."""
    parameters = RopeParameters(1, **row.ours)
    parameters.check(row.head_dim)
    settings = {"pairs": range(parameters.n_pairs(row.head_dim)), **parameters.arguments(row.head_dim)}
    if "length" in ARGUMENTS[parameters.scaling]:
        settings["length"] = float(length)
    outputs = run(f"rope_{parameters.scaling}", **settings)
    return (outputs["frequencies"], outputs["attention_scale"]), oracle(parameters.scaling, settings)


def theirs(row, length, *, is_exact):
    return huggingface.model_frequencies(
        row.folder, row.prefix, row.settings, rotary=row.rotary, layer_type=row.layer_type, length=length, is_exact=is_exact
    )  # fmt: skip


@EACH
def test_frequencies_of_a_released_model_are_those_of_its_own_code(run, name):
    row = MODELS[name]
    for length in row.lengths:
        (frequencies, factor), (expected, expected_factor) = ours(run, row, length)
        assert_frequencies(frequencies, expected)
        assert_frequencies(factor, expected_factor)
        exact, exact_factor = theirs(row, length, is_exact=True)
        assert exact.dtype == np.float64
        np.testing.assert_allclose(frequencies, exact, rtol=EXACT_RTOL, atol=0)
        np.testing.assert_allclose(factor, exact_factor, rtol=FREQUENCY_RTOL, atol=0)
        rounded, _ = theirs(row, length, is_exact=False)
        assert rounded.dtype == np.float32
        np.testing.assert_allclose(frequencies, rounded, rtol=FLOAT32_RTOL, atol=0)


def test_every_kind_of_transformers_is_that_of_a_model():
    code = huggingface.importlib.import_module("transformers.modeling_rope_utils")
    kinds = {row.ours.get("scaling", "none") for row in MODELS.values()}
    assert kinds == {*code.ROPE_INIT_FUNCTIONS, "none"}
    assert len(MODELS) >= 12


def test_what_the_released_numbers_change(run):
    """Each number is left out once, and the frequencies, or the factor, then differ."""

    def released(name, *without):
        row = MODELS[name]
        return ours(run, replace(row, ours={key: row.ours[key] for key in row.ours if key not in without}), 1)[0]

    whole, exact = released("GPT-OSS-20B", "is_truncated")[0], released("GPT-OSS-20B")[0]
    assert np.abs(whole / exact - 1).max() == pytest.approx(0.76, abs=0.01)
    assert float(released("DeepSeek-V3")[1]) == 1.0
    assert float(released("DeepSeek-V3", "mscale_all_dim")[1]) == pytest.approx(0.1 * math.log(40) + 1)
    assert (released("Gemma 4, in its global layers")[0] > 0).sum() == 64


@pytest.mark.parametrize(("length", "mscale"), [(1, 1.1), (8, 1.1), (9, 1.25)])
def test_the_two_factors_of_longrope_are_those_of_phi_moe(run, length, mscale):
    """Phi-3.5-MoE's config.json has 1.243163121016122 for both; here the two differ, so that a mix-up shows."""
    row = MODELS["Phi-3.5-mini"]
    arguments = RopeParameters(
        1, scaling="longrope", factor=32.0, original_length=8, short_mscale=1.1, long_mscale=1.25
    ).arguments(row.head_dim)
    computed = run("rope_longrope", pairs=range(48), length=float(length), **arguments)["attention_scale"]
    assert float(computed) == mscale == pytest.approx(huggingface.phimoe_factor(length, 1.1, 1.25, 8), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "code"), [("GPT-NeoX-20B", "gpt_neox.modeling_gpt_neox"), ("GLM-4", "glm.modeling_glm")]
)
@pytest.mark.parametrize("positions", [range(1), range(7)], ids=["1", "7"])
def test_a_part_of_a_head_is_turned_as_by_the_models_own_code(run, name, code, positions):
    row = MODELS[name]
    parameters = RopeParameters(1, **row.ours)
    frequencies = ours(run, row, 1)[0][0]
    vectors = np.random.default_rng(5).standard_normal((3, len(positions), row.head_dim)).astype(np.float32)
    outputs = run(
        "rope", queries=vectors, keys=vectors, query_positions=list(positions), key_positions=list(positions),
        frequencies=frequencies, attention_factor=1.0, is_interleaved=parameters.layout == "interleaved",
    )  # fmt: skip
    angles = np.array(positions)[:, None] * frequencies
    halves = [np.concatenate((wave, wave), axis=1).astype(np.float32) for wave in (np.cos(angles), np.sin(angles))]
    expected = huggingface.rotated(code, vectors, vectors, halves)[1]
    np.testing.assert_allclose(outputs["rotated_keys"], expected, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)
    rest = slice(row.ours["rotary_dim"], None)
    np.testing.assert_array_equal(outputs["rotated_keys"][..., rest], vectors[..., rest])
    assert_sums(outputs["rotary_cos"][:, rest], np.ones((len(positions), row.head_dim - row.ours["rotary_dim"])))
    assert_sums(outputs["rotary_sin"][:, rest], np.zeros((len(positions), row.head_dim - row.ours["rotary_dim"])))
