"""Knobs that a caller gives to a scheme are checked before they are used: ShapeError, and nothing else."""

import math

import numpy as np
import pytest

from embedcore.nn import SCHEMES as MODULES
from embedcore.schemes import (
    T5,
    BertRelative,
    Deberta,
    Heads,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    TransformerXL,
    attention_weights,
    sinusoidal,
)
from embedcore.schemes.attention import drawn
from embedcore.schemes.rope_parameters import RopeParameters
from embedcore.schemes.sinusoidal import sinusoidal_at
from tests.given import D_MODEL, HEADS, NO_SIZE, attend, refused

KNOBS = {
    "shaw max_distance": lambda size: Shaw(max_distance=size),
    "bert max_distance": lambda size: BertRelative(max_distance=size),
    "deberta max_distance": lambda size: Deberta(max_distance=size),
    "deberta n_buckets": lambda size: Deberta(n_buckets=size),
    "t5 max_distance": lambda size: T5(max_distance=size),
    "t5 n_buckets": lambda size: T5(n_buckets=size),
}


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize("make", KNOBS.values(), ids=KNOBS)
def test_a_knob_that_is_no_size_is_refused(make, size):
    refused(lambda: attend(make(size), np.arange(5)))
    refused(lambda: make(size).strips(0, np.arange(5), D_MODEL, HEADS))


@pytest.mark.parametrize("seed", [1.5, True, "3", -1, None, [2], math.nan], ids=str)
@pytest.mark.parametrize("scheme", [Shaw, BertRelative, Deberta, T5, TransformerXL])
def test_a_seed_that_is_none_is_refused(scheme, seed):
    refused(lambda: attend(scheme(seed=seed), np.arange(5)))
    refused(lambda: drawn(seed, 2, 2))


@pytest.mark.parametrize("base", [0, -1, math.nan, math.inf, "3", True, None, [1], 10**400, np.array([1, 2])], ids=str)
def test_a_base_that_is_none_is_refused(base):
    for scheme in (Sinusoidal(base=base), TransformerXL(base=base), Rope(RopeParameters(2, base=base))):
        refused(lambda scheme=scheme: attend(scheme, np.arange(5)))
    refused(lambda: sinusoidal(3, 4, base=base))
    refused(lambda: sinusoidal_at([0], 4, base=base))
    for name, parameters in (("sinusoidal", {}), ("transformer-xl", {"n_heads": 2}), ("rope", {"n_heads": 2})):
        refused(
            lambda name=name, parameters=parameters: MODULES[name].drawn(
                d_model=8, context_length=4, base=base, **parameters
            )
        )


@pytest.mark.parametrize("flag", [1, 0, "yes", None, 1.0, math.nan], ids=str)
def test_a_flag_that_is_none_is_refused(flag):
    refused(lambda: attend(T5(is_bidirectional=flag), np.arange(5)))
    refused(lambda: attend(Deberta(is_released=flag), np.arange(5)))
    refused(lambda: Heads(2, is_normalized=flag))
    refused(lambda: attention_weights(attend(NoPosition(), np.arange(5)), is_causal=flag))
    refused(lambda: MODULES["t5"].drawn(d_model=8, context_length=4, n_heads=2, n_buckets=8, max_distance=20, is_bidirectional=flag))  # fmt: skip


@pytest.mark.parametrize("scale", [math.nan, math.inf, "2", True, [1]], ids=str)
def test_a_row_scale_that_is_none_is_refused(scale):
    refused(lambda: attend(Sinusoidal(row_scale=scale), np.arange(5)))


ROPE_NUMBERS = {"factor": "linear", "original_length": "yarn", "beta_fast": "yarn", "beta_slow": "yarn", "attention_factor": "yarn",
                "low_frequency_factor": "llama3", "high_frequency_factor": "llama3"}  # fmt: skip


@pytest.mark.parametrize("value", ["3", True, math.nan, math.inf, [1], -1], ids=str)
@pytest.mark.parametrize(("name", "scaling"), ROPE_NUMBERS.items())
def test_a_number_of_a_scaling_that_is_none_is_refused(name, scaling, value):
    refused(lambda: attend(Rope(RopeParameters(2, scaling=scaling, **{name: value})), np.arange(5)))


@pytest.mark.parametrize("value", ["3", ["3"], 3, [True], [math.nan], [0], [], [1, 2, 3], [[1]]], ids=str)
@pytest.mark.parametrize("name", ["short_factors", "long_factors"])
def test_factors_that_are_none_are_refused(name, value):
    refused(lambda: attend(Rope(RopeParameters(2, scaling="longrope", **{name: value})), np.arange(5)))


@pytest.mark.parametrize("scaling", [None, "x", 3, ["none"]], ids=str)
def test_a_scaling_that_is_none_is_refused(scaling):
    refused(lambda: attend(Rope(RopeParameters(2, scaling=scaling)), np.arange(5)))
    refused(lambda: attend(Rope(RopeParameters(2, layout=scaling)), np.arange(5)))
