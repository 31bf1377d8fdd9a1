"""Positions, orders and ids that a caller gives are checked in front of every scheme: ShapeError, and nothing else."""

import math

import numpy as np
import pytest

from embedcore.schemes import (
    Heads,
    NoPosition,
    Rope,
    Tokens,
    moved,
    word_order,
)
from embedcore.schemes.sinusoidal import sinusoidal_at
from tests.given import D_MODEL, EACH_SCHEME, HEADS, NO_POSITIONS, SCHEMES, VECTORS, YARN, attend, refused

REAL = {"none", "sinusoidal", "alibi", "rope", "rope yarn", "rope dynamic"}


@EACH_SCHEME
@pytest.mark.parametrize("positions", NO_POSITIONS.values(), ids=NO_POSITIONS)
def test_positions_that_are_none_are_refused_by_every_scheme(name, positions):
    scheme = SCHEMES[name]
    refused(lambda: attend(scheme, positions))
    if not isinstance(positions, range) and (not isinstance(positions, list) or len(positions) != 4):
        refused(lambda: scheme.strips(0, positions, D_MODEL, HEADS))
        refused(lambda: scheme.added(positions, D_MODEL))


@EACH_SCHEME
def test_a_fraction_is_refused_where_a_table_is_read_and_named_with_the_remedy(name):
    scheme, places = SCHEMES[name], [0, 1, 2.5, 3, 4]
    if name in REAL:
        attend(scheme, places)
        return
    for make in (
        lambda: attend(scheme, places),
        lambda: scheme.strips(0, places, D_MODEL, HEADS),
        lambda: scheme.added(places, D_MODEL),
    ):
        said = refused(make)
        assert "position 2.5, at index 2, is no whole number" in said
        assert f"{scheme.name!r}" in said
        assert "round it to 2, or choose alibi, none, rope or sinusoidal" in said


@EACH_SCHEME
def test_whole_numbers_of_any_type_are_the_same_places(name):
    scheme = SCHEMES[name]
    expected = attend(scheme, np.array([4, 0, 7, 7, 2]))
    for places in ([4, 0, 7, 7, 2], np.array([4, 0, 7, 7, 2], np.int8), np.array([4, 0, 7, 7, 2], np.uint64), [4.0, 0.0, 7.0, 7.0, 2.0]):  # fmt: skip
        np.testing.assert_array_equal(attend(scheme, places).scores, expected.scores)
    strips = scheme.strips(1, [4, 0, 7, 7, 2], D_MODEL, Heads(np.int64(2)))
    assert strips == scheme.strips(np.int8(1), np.array([4, 0, 7, 7, 2]), np.int64(D_MODEL), HEADS)


NEGATIVE = [-3, -2, -1, 0, 1]


@EACH_SCHEME
def test_negative_places_are_refused_by_learned_alone_and_the_first_is_named(name):
    if name == "learned":
        assert "position -3 has no row: the model learned 50 positions, 0…49" in refused(lambda: attend(SCHEMES[name], NEGATIVE))  # fmt: skip
        assert "position -1 has no row" in refused(lambda: attend(SCHEMES[name], [49, -1, 2, 3, 4]))
        assert "position 50 has no row" in refused(lambda: attend(SCHEMES[name], [49, 50, -2, 3, 4]))
    else:
        assert np.isfinite(attend(SCHEMES[name], NEGATIVE).scores).all()


@pytest.mark.parametrize("positions", NO_POSITIONS.values(), ids=NO_POSITIONS)
def test_waves_of_positions_that_are_none_are_refused(positions):
    rope = Rope(YARN)
    refused(lambda: rope.rotated(VECTORS, positions, HEADS))
    if not isinstance(positions, range) and (not isinstance(positions, list) or len(positions) != 4):
        refused(lambda: rope.waves(positions, 4))
        refused(lambda: sinusoidal_at(positions, 4, base=1e4))


@pytest.mark.parametrize("places", [[0, 1, 2, 3], [0, 1, 2, 3, 3], [0, 1, 2, 3, 5], [0, 1, 2, 3, -1], [0, 1, 2, 3, 3.5], "x", None, [[0]], range(6)], ids=str)  # fmt: skip
def test_places_that_are_no_order_are_refused(places):
    tokens = Tokens.of(VECTORS)
    refused(lambda: word_order(NoPosition(), (tokens, tokens), places, HEADS))
    refused(lambda: word_order(NoPosition(), (tokens, Tokens.of(VECTORS[:4])), np.arange(5), HEADS))


@pytest.mark.parametrize("ids", [[1.5, 2], ["a", "b"], [[1], [2]], 3, "x", None, [math.nan, 1], [True, False]], ids=str)
def test_ids_that_are_none_are_refused(ids):
    refused(lambda: moved(ids, ids))
    refused(lambda: moved([1, 2], ids))
    np.testing.assert_array_equal(moved([7, 8, 7], [7, 7, 8]), [0, 2, 1])
