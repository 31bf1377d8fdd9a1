"""Sizes, seeds and tables that a caller gives to a torch module or a layer are checked: ShapeError, and nothing else."""

import math

import numpy as np
import pytest
import torch

from embedcore.nn import SCHEMES as MODULES
from embedcore.schemes.rope_parameters import RopeParameters
from export.random import random_layer
from tests.given import NO_SIZE, refused

# What makes each module, and which of its numbers are sizes.
MADE = {
    "sinusoidal": {},
    "shaw": {"n_heads": 2, "max_distance": 4},
    "transformer-xl": {"n_heads": 2},
    "bert-relative-key": {"n_heads": 2, "max_distance": 4},
    "bert-relative-key-query": {"n_heads": 2, "max_distance": 4},
    "deberta": {"n_heads": 2, "max_distance": 9, "n_buckets": 4},
    "t5": {"n_heads": 2, "max_distance": 20, "n_buckets": 8, "is_bidirectional": True},
    "alibi": {"n_heads": 2},
    "rope": {"n_heads": 2},
    "learned": {},
    "none": {},
}
SIZED = [(name, size) for name, sizes in MADE.items() for size in sizes if size != "is_bidirectional"]


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize(("name", "key"), SIZED)
def test_a_module_of_a_size_that_is_none_is_refused(name, key, size):
    sizes = MADE[name] | {key: size}
    refused(lambda: MODULES[name].drawn(d_model=8, context_length=4, **sizes))
    refused(lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions=name, **sizes))
    if name == "rope":
        refused(lambda: RopeParameters(**sizes).check(4))


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize("key", ["n_vocab", "d_model", "context_length"])
@pytest.mark.parametrize("name", MADE)
def test_a_layer_of_a_size_that_is_none_is_refused(name, key, size):
    sizes = {"n_vocab": 6, "d_model": 8, "context_length": 4} | {key: size}
    refused(lambda: random_layer(**sizes, seed=1, positions=name, **MADE[name]))


@pytest.mark.parametrize("seed", [1.5, True, "3", -1, None, 2**64, math.nan], ids=str)
def test_a_layers_seed_that_is_none_is_refused(seed):
    refused(lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=seed, positions="none"))


@pytest.mark.parametrize("name", MADE)
def test_numpys_whole_numbers_are_sizes(name):
    sizes = {key: value if isinstance(value, bool) else np.int64(value) for key, value in MADE[name].items()}
    layer = random_layer(n_vocab=np.int32(6), d_model=np.int64(8), context_length=np.uint8(4), seed=np.int64(1), positions=name, **sizes)  # fmt: skip
    expected = random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions=name, **MADE[name])
    assert layer.position.hyperparameters() == expected.position.hyperparameters()
    assert all(type(value) is not np.int64 for value in layer.position.hyperparameters().values())
    for key, value in layer(torch.tensor([[1, 2]])).items():
        np.testing.assert_array_equal(value.detach().numpy(), expected(torch.tensor([[1, 2]]))[key].detach().numpy())


@pytest.mark.parametrize("table", [None, 3, "x", torch.zeros(3), torch.zeros(0, 2), torch.zeros(3, 0), torch.zeros(2, 2, 2), np.zeros((9, 4))], ids=str)  # fmt: skip
def test_a_module_of_a_table_that_is_none_is_refused(table):
    refused(lambda: MODULES["learned"](table))
    refused(lambda: MODULES["shaw"](table, n_heads=2, max_distance=4))
    refused(lambda: MODULES["t5"](table, max_distance=20, is_bidirectional=True))
    refused(lambda: MODULES["shaw"](torch.zeros(9, 4), n_heads=2.0, max_distance=4))
    refused(lambda: MODULES["sinusoidal"](3.5, 4))
