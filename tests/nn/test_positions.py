"""The positional schemes, each against its paper, one number at a time."""

import math

import numpy as np
import pytest
import torch

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.nn import Learned, NoPosition, Sinusoidal
from embedcore.nn.scheme import PositionScheme


def waves(n_positions, d_model, base):
    """Return Vaswani et al. 2017, section 3.5: PE(p, 2i) = sin(p / base^(2i/d_model)), PE(p, 2i+1) = cos(…)."""
    return [
        [
            (math.sin if column % 2 == 0 else math.cos)(p / base ** ((column - column % 2) / d_model))
            for column in range(d_model)
        ]
        for p in range(n_positions)
    ]


def rows(scheme: PositionScheme, n_positions):
    return scheme.outputs(torch.arange(n_positions))[contract.POSITION_EMBEDDINGS].detach().numpy()


@pytest.mark.parametrize(
    ("n_positions", "d_model", "base"), [(1, 2, 10_000.0), (7, 6, 10_000.0), (1024, 64, 10_000.0), (33, 8, 2.0)]
)
def test_sinusoidal_is_the_papers_formula(n_positions, d_model, base):
    found = rows(Sinusoidal(n_positions, d_model, base=base), n_positions)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, waves(n_positions, d_model, base), rtol=contract.SUM_RTOL, atol=contract.SUM_ATOL)


def test_the_first_sinusoidal_row_is_zeros_and_ones():
    np.testing.assert_array_equal(rows(Sinusoidal(3, 6), 1), [[0, 1, 0, 1, 0, 1]])


@pytest.mark.parametrize(
    ("arguments", "number", "remedy"),
    [
        ({"n_positions": 4, "d_model": 3}, "3", "4"),
        ({"n_positions": 4, "d_model": 0}, "0", "2"),
        ({"n_positions": 0, "d_model": 4}, "0", "1 or more"),
        ({"n_positions": 4, "d_model": 4, "base": 0.0}, "0", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": -1.0}, "-1", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": math.nan}, "nan", "10000"),
        ({"n_positions": 4, "d_model": 4, "base": math.inf}, "inf", "10000"),
    ],
)
def test_sinusoidal_refuses_what_has_no_waves(arguments, number, remedy):
    with pytest.raises(ShapeError) as caught:
        Sinusoidal(**arguments)
    assert number in str(caught.value)
    assert remedy in str(caught.value)


def test_learned_positions_are_the_tables_rows():
    table = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(rows(Learned(table), 4), table.numpy()[:4])


def test_learned_positions_past_the_table_fail_rather_than_stop_early():
    with pytest.raises(IndexError):
        rows(Learned(torch.zeros(2, 3)), 3)


def test_no_position_gives_and_adds_nothing():
    assert NoPosition().outputs(torch.arange(3)) == {}
    assert NoPosition().added({}) is None


@pytest.mark.parametrize("scheme", [NoPosition(), Learned(torch.zeros(2, 2)), Sinusoidal(2, 2)])
def test_every_scheme_gives_what_the_contract_lists_for_it(scheme):
    assert list(scheme.outputs(torch.arange(2))) == list(contract.SCHEME_OUTPUTS[scheme.name])
