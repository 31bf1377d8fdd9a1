"""The frequencies of rotary positions, plain and stretched in eight ways, each from its paper or reference code."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.nn.rope import Rope
from embedcore.schemes.rope_parameters import ARGUMENTS, PAIR_LAYOUTS, SCALINGS, RopeParameters, scalings_with
from tests.nn import huggingface
from tests.nn.oracles import assert_refused, assert_scores, assert_sums
from tests.nn.test_rope import thetas, waves

# Frequencies stay float64: a power and a few products. Small ones are compared by their ratio, so nothing is absolute.
FREQUENCY_RTOL = 1e-12
BASES = pytest.mark.parametrize("base", [10_000.0, 500_000.0, 7.0])
N_PAIRS = pytest.mark.parametrize("n_pairs", [2, 5, 32, 64])


def settings_of(scaling, n_pairs, **changes):
    """Return every argument of the scaling's graph."""
    values = {
        "base": 10_000.0, "factor": 4.0, "original_length": 256.0, "length": 300.0, "beta_fast": 32.0, "beta_slow": 1.0,
        "attention_factor": 0.0, "is_truncated": True, "mscale": 1.0, "mscale_all_dim": 0.0, "short_mscale": 0.0,
        "long_mscale": 0.0, "proportion": 0.5, "low_frequency_factor": 1.0, "high_frequency_factor": 4.0,
        "short_factors": [1 + i / 100 for i in range(n_pairs)], "long_factors": [1 + i / 4 for i in range(n_pairs)],
    } | changes  # fmt: skip
    return {"pairs": range(n_pairs)} | {name: values[name] for name in ARGUMENTS[scaling]}


def plain(n_pairs, base):
    return thetas(2 * n_pairs, base), 1.0


def linear(n_pairs, base, factor):
    """Chen et al. 2023, equation 4: position m becomes m · L/L′, which is to divide every frequency."""
    return [theta / factor for theta in thetas(2 * n_pairs, base)], 1.0


def ntk(n_pairs, base, factor):
    """Peng et al. 2023, definition 1: b′ = b · s^(|D| / (|D| − 2))."""
    d = 2 * n_pairs
    return thetas(d, base * factor ** (d / (d - 2))), 1.0


def dynamic(n_pairs, base, factor, original_length, length):
    """emozilla 2023: s = factor · length / L − (factor − 1), where the length is past L."""
    return ntk(n_pairs, base, factor * max(length, original_length) / original_length - (factor - 1))


def stepped(n_pairs, base, original_length, length):
    """Bai et al. 2023's code: after n begun doublings of the trained length, the factor is 2ⁿ⁺¹ − 1."""
    alpha = 1
    while length > original_length:
        alpha, original_length = 2 * alpha + 1, 2 * original_length
    return ntk(n_pairs, base, alpha)


def yarn(
    n_pairs, base, factor, original_length, beta_fast, beta_slow, attention_factor, is_truncated, mscale, mscale_all_dim
):
    """Peng et al. 2023, section 3.2 and its code: the ramp runs between the pairs of beta_fast and beta_slow turns."""
    d = 2 * n_pairs

    def pair_of(turns):
        return d * math.log(original_length / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = pair_of(beta_fast), pair_of(beta_slow)
    if is_truncated:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, d - 1)
    stretched = []
    for i, theta in enumerate(thetas(d, base)):
        ramp = min(max((i - low) / (high - low or 0.001), 0), 1)
        stretched.append((1 - ramp) * theta + ramp * theta / factor)
    sharpened, over = (0.1 * share * math.log(factor) + 1 for share in (mscale, mscale_all_dim))  # DeepSeek's code
    return stretched, attention_factor or sharpened / over


def llama3(n_pairs, base, factor, original_length, low_frequency_factor, high_frequency_factor):
    """Llama 3.1's `apply_scaling`, which decides by wavelengths."""
    stretched = []
    for theta in thetas(2 * n_pairs, base):
        wavelength = 2 * math.pi / theta
        if wavelength < original_length / high_frequency_factor:
            stretched.append(theta)
        elif low_frequency_factor and wavelength > original_length / low_frequency_factor:
            stretched.append(theta / factor)
        else:
            smooth = (original_length / wavelength - low_frequency_factor) / (
                high_frequency_factor - low_frequency_factor
            )
            stretched.append((1 - smooth) * theta / factor + smooth * theta)
    return stretched, 1.0


def longrope(
    n_pairs, base, factor, original_length, length, short_factors, long_factors, attention_factor, short_mscale,
    long_mscale,
):  # fmt: skip
    """Ding et al. 2024, equation 2, θ_i / λ_i, with its code's √(1 + ln s / ln L), or Phi-3.5-MoE's two factors."""
    divisors = long_factors if length > original_length else short_factors
    stretched = [theta / divisor for theta, divisor in zip(thetas(2 * n_pairs, base), divisors, strict=True)]
    mscale = long_mscale if length > original_length else short_mscale
    return stretched, mscale or attention_factor or math.sqrt(1 + math.log(factor) / math.log(original_length))


def proportional(n_pairs, base, factor, proportion):
    """Barbero et al. 2024, section 6: the frequencies of the fastest share of the pairs, and none for the rest."""
    n_turning = math.floor(proportion * n_pairs)
    return [theta / factor if i < n_turning else 0.0 for i, theta in enumerate(thetas(2 * n_pairs, base))], 1.0


ORACLES = dict(zip(SCALINGS, (plain, linear, ntk, dynamic, stepped, yarn, llama3, longrope, proportional), strict=True))


def oracle(scaling, settings):
    return ORACLES[scaling](len(settings["pairs"]), **{name: settings[name] for name in ARGUMENTS[scaling]})


def frequencies(run, scaling, n_pairs=32, **changes):
    return run(f"rope_{scaling}", **settings_of(scaling, n_pairs, **changes))["frequencies"]


def assert_frequencies(computed, expected, rtol=FREQUENCY_RTOL):
    assert computed.dtype == np.float64
    np.testing.assert_allclose(computed, expected, rtol=rtol, atol=0)


@pytest.mark.parametrize("scaling", SCALINGS)
@N_PAIRS
@BASES
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"factor": 1.0, "length": 1.0},
        {"factor": 40.0, "original_length": 4096.0, "length": 4096.0, "attention_factor": 1.5},
        {"factor": 1.7, "original_length": 4096.0, "length": 4097.0, "beta_fast": 8.0, "beta_slow": 0.5},
        {"original_length": 8192.0, "low_frequency_factor": 0.0, "high_frequency_factor": 100.0, "length": 100_000.0},
        {"is_truncated": False, "original_length": 4096.0, "factor": 32.0, "proportion": 1.0},
        {"mscale": 0.707, "mscale_all_dim": 1.1, "factor": 40.0, "short_mscale": 1.25, "long_mscale": 1.5},
        {"short_mscale": 1.25, "length": 9.0, "attention_factor": 1.75, "original_length": 16.0},
    ],
)
def test_frequencies_are_the_papers(run, scaling, n_pairs, base, changes):
    settings = settings_of(scaling, n_pairs, base=base, **changes)
    outputs = run(f"rope_{scaling}", **settings)
    expected, attention_factor = oracle(scaling, settings)
    assert_frequencies(outputs["frequencies"], expected)
    assert_frequencies(outputs["attention_scale"], attention_factor)


@pytest.mark.parametrize("scaling", SCALINGS)
@BASES
def test_a_scaling_keeps_the_order_of_the_pairs_and_makes_none_faster(run, scaling, base):
    computed = frequencies(run, scaling, base=base)
    turning = computed > 0
    assert (np.diff(computed[turning]) < 0).all()
    assert turning.all() == (scaling != "proportional")
    assert (computed <= np.array(thetas(64, base)) * (1 + FREQUENCY_RTOL)).all()


def test_the_step_of_a_length_is_that_of_its_doublings_to_the_token(run):
    """The factor is 1 up to L, 3 up to 2L, 7 up to 4L. Logarithms are whole at these edges, where a float may miss them."""
    for trained in (1.0, 3.0, 2048.0, 8192.0, 100_003.0):
        assert_frequencies(frequencies(run, "stepped", original_length=trained, length=1.0), thetas(64))
        for doublings in range(12):
            for length, alpha in ((0, 2 ** (doublings + 1) - 1), (1, 2 ** (doublings + 2) - 1)):
                computed = frequencies(run, "stepped", original_length=trained, length=trained * 2**doublings + length)
                assert_frequencies(computed, ntk(32, 10_000.0, alpha)[0])


def test_a_ramp_that_is_not_truncated_begins_and_ends_between_pairs(run):
    """In GPT-OSS-20B the ramp runs from pair 8.09 to pair 17.40; in whole pairs it would run from 8 to 18."""
    settings = {"base": 150_000.0, "factor": 32.0, "original_length": 4096.0}
    exact, whole = (frequencies(run, "yarn", is_truncated=is_truncated, **settings) for is_truncated in (False, True))
    assert_frequencies(exact[[8, 18]], np.array(thetas(64, 150_000.0))[[8, 18]] / [1, 32])
    assert np.abs(whole / exact - 1).max() == pytest.approx(0.76, abs=0.01)


def test_pairs_that_stand_still_have_no_frequency(run):
    computed = frequencies(run, "proportional", n_pairs=8, factor=2.0, proportion=0.25)
    assert_frequencies(computed, [*(np.array(thetas(16))[:2] / 2), *[0.0] * 6])


@pytest.mark.parametrize("scaling", ["linear", "ntk", "yarn", "llama3"])
def test_a_factor_of_one_changes_nothing(run, scaling):
    assert_frequencies(frequencies(run, scaling, factor=1.0), thetas(64))


def test_ntk_keeps_the_fastest_pair_and_divides_the_slowest_by_the_factor(run):
    computed = frequencies(run, "ntk", factor=8.0)
    assert_frequencies(computed[[0, -1]], [1.0, thetas(64)[-1] / 8])


def test_dynamic_ntk_is_plain_up_to_the_trained_length_and_slower_past_it(run):
    for length in (1.0, 255.0, 256.0):
        assert_frequencies(frequencies(run, "dynamic", length=length), thetas(64))
    assert (frequencies(run, "dynamic", length=257.0)[1:] < thetas(64)[1:]).all()


def test_dynamic_ntk_is_ntk_with_the_factor_that_the_length_asks_for(run):
    """The stretch is factor · s/L − (factor − 1); with factor 1 it is the s/L of Peng et al. 2023, section 3.3."""
    stretched = frequencies(run, "dynamic", factor=4.0, length=512.0)
    assert_frequencies(stretched, frequencies(run, "ntk", factor=5.0))
    assert_frequencies(frequencies(run, "dynamic", factor=1.0, length=640.0), frequencies(run, "ntk", factor=640 / 256))


def test_yarn_keeps_fast_pairs_and_divides_slow_ones(run):
    """Outside the ramp, γ of section 3.2 is 1 above beta_fast turns in the trained length, and 0 below beta_slow.

    Within it, the paper's ramp is linear in the turns, and its code's in the pair; the scheme follows the code.
    """
    computed, before = frequencies(run, "yarn", original_length=4096.0), np.array(thetas(64))
    turns = 4096 * before / (2 * math.pi)
    assert_frequencies(computed[turns > 32], before[turns > 32])
    assert_frequencies(computed[turns < 1], before[turns < 1] / 4)
    assert (turns > 32).sum() > 5 < (turns < 1).sum()
    between = (turns > 2) & (turns < 16)
    assert (computed[between] < before[between]).all()
    assert (computed[between] > before[between] / 4).all()


@pytest.mark.parametrize("n_pairs", [4, 32, 64])
@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "length"),
    [
        ("default", {}, {}, None),
        ("linear", {"factor": 4.0}, {"factor": 4.0}, None),
        *(("dynamic", {"factor": 4.0, "length": n}, {"factor": 4.0}, n) for n in (1, 256, 257, 2_000)),
        ("yarn", {"factor": 4.0}, {"factor": 4.0}, None),
        ("yarn", {"factor": 40.0, "original_length": 4096.0}, {"factor": 40.0}, None),
        (
            "yarn",
            {"factor": 2.0, "beta_fast": 8.0, "beta_slow": 0.5, "attention_factor": 1.2},
            {"factor": 2.0, "beta_fast": 8.0, "beta_slow": 0.5, "attention_factor": 1.2},
            None,
        ),
        # The length is too short for one slow turn. Other than the paper, its code then lets the ramp begin at the
        # first pair or past the last, so that fast pairs, or all pairs, are kept.
        ("yarn", {"factor": 4.0, "original_length": 4.0}, {"factor": 4.0}, None),
        (
            "llama3",
            {"factor": 8.0, "original_length": 8192.0},
            {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
            None,
        ),
        *(("longrope", {"factor": 4.0, "length": n}, {}, n) for n in (1, 256, 257)),
    ],
)
def test_frequencies_are_those_of_transformers(run, n_pairs, base, kind, ours, theirs, length):
    """transformers computes powers in float32, so they are compared to the digits of a score."""
    scaling = "none" if kind == "default" else kind
    settings = settings_of(scaling, n_pairs, base=base, **ours)
    outputs = run(f"rope_{scaling}", **settings)
    expected, attention_factor = huggingface.rope_init(kind, _llama(kind, settings, theirs), length)
    assert_frequencies(outputs["frequencies"], expected, rtol=contract.SCORE_RTOL)
    assert_frequencies(outputs["attention_scale"], attention_factor)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("layout", PAIR_LAYOUTS)
@pytest.mark.parametrize("n", [1, 2, 7, 16, 17, 40])
def test_the_model_files_waves_are_the_papers(scaling, layout, n):
    """The trained length is 16, so that the last two lengths are past it."""
    settings = settings_of(scaling, 4, original_length=16.0, length=float(n), beta_fast=2.0)
    numbers = {name: value for name, value in settings.items() if name not in ("pairs", "length")}
    scheme = Rope.drawn(d_model=24, context_length=40, n_heads=3, layout=layout, scaling=scaling, **numbers)
    given = scheme.outputs(torch.arange(n))
    cos, sin = waves(range(n), *_laid_out(oracle(scaling, settings), layout))
    assert_sums(given[contract.ROTARY_COS].numpy(), cos)
    assert_sums(given[contract.ROTARY_SIN].numpy(), sin)
    assert scheme.n_positions == (None if scaling == "dynamic" else 40)


@pytest.mark.parametrize("scaling", [scaling for scaling in SCALINGS if scaling not in ("ntk", "stepped")])
@pytest.mark.parametrize("n", [1, 2, 7, 16, 17, 40])
def test_the_model_files_waves_are_those_of_llama(scaling, n):
    """Llama's angles are float32, so that at 40 radians they are compared to the digits of a score."""
    kind = "default" if scaling == "none" else scaling
    settings = settings_of(scaling, 4, original_length=16.0, length=float(n), beta_fast=2.0)
    theirs = {"factor": 4.0, "beta_fast": 2.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    theirs |= {"partial_rotary_factor": 0.5} if scaling == "proportional" else {}
    numbers = {name: value for name, value in settings.items() if name not in ("pairs", "length")}
    given = Rope.drawn(d_model=8, context_length=40, n_heads=1, scaling=scaling, **numbers).outputs(torch.arange(n))
    cos, sin = huggingface.llama_waves(_llama(kind, settings, theirs), range(n))
    assert_scores(given[contract.ROTARY_COS].numpy(), cos)
    assert_scores(given[contract.ROTARY_SIN].numpy(), sin)


def test_one_factor_serves_every_pair_of_longrope():
    one = RopeParameters(n_heads=1, scaling="longrope", short_factors=(2.0,), long_factors=(3.0,))
    assert one.arguments(8)["short_factors"] == [2.0] * 4
    assert one.arguments(8)["long_factors"] == [3.0] * 4


@pytest.mark.parametrize(
    ("scaling", "change", "fragments"),
    [
        *((scaling, {"factor": 0.5}, ("factor is 0.5", "1 or more")) for scaling in scalings_with("factor")),
        *((scaling, {"factor": math.inf}, ("factor is inf", "1 or more")) for scaling in scalings_with("factor")),
        *((scaling, {"factor": math.nan}, ("factor is nan", "1 or more")) for scaling in scalings_with("factor")),
        *(
            (scaling, {"original_length": 0}, ("original_length is 0", "1 or more"))
            for scaling in ("dynamic", "stepped", "yarn", "llama3")
        ),
        ("longrope", {"original_length": 1}, ("original_length is 1", "2 or more")),
        ("ntk", {"n_heads": 4}, ("head_dim is 2", "4 or more")),
        ("dynamic", {"n_heads": 4}, ("head_dim is 2", "4 or more")),
        ("stepped", {"n_heads": 4}, ("head_dim is 2", "4 or more")),
        ("stepped", {"rotary_dim": 2}, ("rotary_dim is 2", "4 or more")),
        ("none", {"rotary_dim": 3}, ("rotary_dim is 3", "even", "2 to 8")),
        ("none", {"rotary_dim": 10}, ("rotary_dim is 10", "2 to 8")),
        ("none", {"rotary_dim": -2}, ("rotary_dim is -2", "2 to 8")),
        ("longrope", {"rotary_dim": 4, "short_factors": (1.0,) * 4}, ("short_factors has 4", "need 2")),
        ("yarn", {"mscale_all_dim": math.inf}, ("mscale_all_dim is inf", "0 or more")),
        ("yarn", {"mscale": -1.0, "mscale_all_dim": 1.0}, ("mscale is -1", "0 or more")),
        ("yarn", {"mscale": 0.0, "attention_factor": 1.2}, ("attention_factor is 1.2", "mscale 0", "leave out")),
        ("yarn", {"mscale_all_dim": 1.0, "attention_factor": 1.2}, ("attention_factor is 1.2", "mscale_all_dim 1")),
        ("longrope", {"attention_factor": -1.0}, ("attention_factor is -1", "0 or more")),
        ("longrope", {"attention_factor": 1.2, "long_mscale": 1.1}, ("attention_factor is 1.2", "long_mscale 1.1")),
        ("longrope", {"short_mscale": -1.1}, ("short_mscale is -1.1", "0 or more")),
        ("proportional", {"proportion": 0.2}, ("proportion is 0.2 of 4 pairs", "0.25 to 1")),
        ("proportional", {"proportion": 1.5}, ("proportion is 1.5 of 4 pairs", "0.25 to 1")),
        ("proportional", {"proportion": math.nan}, ("proportion is nan", "0.25 to 1")),
        ("yarn", {"beta_fast": 1.0, "beta_slow": 1.0}, ("beta_slow is 1", "beta_fast 1")),
        ("yarn", {"beta_fast": 1.0, "beta_slow": 32.0}, ("beta_slow is 32", "beta_fast 1")),
        ("yarn", {"beta_slow": 0.0}, ("beta_slow is 0", "beta_fast 32")),
        ("yarn", {"beta_fast": math.inf}, ("beta_slow is 1", "beta_fast inf")),
        ("yarn", {"attention_factor": -1.0}, ("attention_factor is -1", "0 or more")),
        ("yarn", {"base": 1.0}, ("base is 1", "above 1")),
        ("llama3", {"low_frequency_factor": 4.0}, ("low_frequency_factor is 4", "high_frequency_factor 4")),
        ("llama3", {"low_frequency_factor": 5.0}, ("low_frequency_factor is 5", "high_frequency_factor 4")),
        ("llama3", {"low_frequency_factor": -1.0}, ("low_frequency_factor is -1", "0 or more")),
        ("llama3", {"high_frequency_factor": math.nan}, ("low_frequency_factor is 1", "high_frequency_factor nan")),
        ("longrope", {"short_factors": (1.0, 2.0)}, ("short_factors has 2", "need 4")),
        ("longrope", {"long_factors": (1.0,) * 5}, ("long_factors has 5", "need 4")),
        ("longrope", {"long_factors": ()}, ("long_factors has 0", "need 4")),
        ("longrope", {"long_factors": (0.0,)}, ("long_factors holds 0", "above 0")),
        ("longrope", {"short_factors": (1.0, 2.0, math.inf, 1.0)}, ("short_factors holds", "above 0")),
    ],
)
def test_numbers_that_no_rotation_has_are_refused(scaling, change, fragments):
    settings = {"n_heads": 1, "scaling": scaling} | change
    assert_refused(lambda: Rope.drawn(d_model=8, context_length=4, **settings), *fragments)


def _llama(kind, settings, theirs):
    """Return transformers' configuration of the same numbers."""
    base, length = settings["base"], int(settings.get("original_length", 256))
    scaling = {"rope_type": kind, **theirs, "original_max_position_embeddings": length}
    more = {}
    if kind == "longrope":
        scaling |= {"short_factor": settings["short_factors"], "long_factor": settings["long_factors"]}
        more["original_max_position_embeddings"] = length
        length = int(length * settings["factor"])
    return huggingface.llama_config(2 * len(settings["pairs"]), base, length, scaling, **more)


def _laid_out(frequencies_and_factor, layout):
    angles, factor = frequencies_and_factor
    return angles, layout, factor
