import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedcore.errors import ShapeError
from embedcore.space.composition import (
    apart,
    compose,
    cosine_matrix,
    is_scaled_sum,
    mean_vector,
    n_shared_rows,
    norms,
    one_hot,
)


def rows(*values):
    return np.array(values, np.float32)


def test_the_worked_sum_of_the_book():
    t, p = rows([0.5, -0.2, 0.1]), rows([0.1, 0.3, -0.1])
    parts = compose(t, p, t + p)
    assert parts.token_norms[0] == pytest.approx(math.sqrt(0.25 + 0.04 + 0.01))
    assert parts.input_norms[0] == pytest.approx(math.sqrt(0.36 + 0.01))
    assert parts.position_share[0] == pytest.approx((0.1 * 0.6 + 0.3 * 0.1) / 0.37)


def test_equal_parts_at_right_angles_share_alike():
    assert compose(rows([1, 0]), rows([0, 1]), rows([1, 1])).position_share[0] == 0.5


def test_a_zero_sum_has_no_share():
    assert np.isnan(compose(rows([1, 0]), rows([-1, 0]), rows([0, 0])).position_share[0])


@given(st.integers(0, 2**32 - 1))
def test_the_shares_of_token_and_position_make_one(seed):
    t, p = np.random.default_rng(seed).normal(size=(2, 4, 6)).astype(np.float32)
    x = t + p
    token_share = compose(p, t, x).position_share
    np.testing.assert_allclose(compose(t, p, x).position_share + token_share, np.ones(4), rtol=1e-4, atol=1e-5)


def test_different_shapes_are_named():
    with pytest.raises(ShapeError, match=r"\(1, 2\).*\(1, 3\)"):
        compose(np.zeros((1, 2), np.float32), np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float32))


def test_norms_are_taken_in_float64():
    assert norms(np.array([[3e30, 4e30]], np.float32))[0] == pytest.approx(5e30, rel=1e-6)


def test_cosines_against_a_loop():
    vectors = np.random.default_rng(0).normal(size=(6, 4))
    vectors[2] = 0
    computed = cosine_matrix(vectors)
    for i in range(6):
        for j in range(6):
            lengths = math.hypot(*vectors[i]) * math.hypot(*vectors[j])
            expected = sum(a * b for a, b in zip(vectors[i], vectors[j], strict=True)) / lengths if lengths else 0
            assert computed[i, j] == pytest.approx(expected, abs=1e-12)


def test_word_order_is_lost_in_a_bag_and_kept_by_positions(pydoc):
    first, second = (
        pydoc.run(pydoc.tokenizer.encode(text).token_ids)
        for text in ("The cat sat on the mat", "The mat sat on the cat")
    )
    assert n_shared_rows(first.token_embeddings[0], second.token_embeddings[0]) == 6
    assert n_shared_rows(first.input_embeddings[0], second.input_embeddings[0]) == 4


def test_shared_rows_count_each_pair_once():
    assert n_shared_rows(rows([1], [1], [2]), rows([1], [2], [2])) == 2


def test_one_hot_times_table_is_the_lookup(toy):
    ids = np.array([2, 3, 5, 1, 3])
    product = one_hot(ids, np.arange(6)) @ toy.table
    np.testing.assert_array_equal(product, toy.run(ids).token_embeddings[0])
    assert one_hot(ids, np.arange(6)).sum() == 5


def test_the_mean_vector_and_the_distance_of_two_are_those_of_every_number():
    vectors = np.random.default_rng(4).standard_normal((7, 5), dtype=np.float32)
    wide = vectors.astype(np.float64).tolist()
    expected = [math.fsum(row[column] for row in wide) / 7 for column in range(5)]
    np.testing.assert_allclose(mean_vector(vectors), expected, rtol=1e-12)
    assert mean_vector(vectors).dtype == np.float64
    assert apart(vectors[0], vectors[1]) == pytest.approx(math.dist(wide[0], wide[1]), rel=1e-6)
    assert apart(vectors[0], vectors[0]) == 0.0


@pytest.mark.parametrize("has_positions", [False, True])
def test_a_scaled_sum_is_told_from_one_with_more(has_positions):
    generator = np.random.default_rng(6)
    tokens, positions = (generator.standard_normal((3, 4), dtype=np.float32) for _ in range(2))
    total = 2.5 * tokens + positions * has_positions
    added = positions if has_positions else None
    assert is_scaled_sum(tokens, added, total, scale=2.5)
    assert not is_scaled_sum(tokens, added, total, scale=2.49)
    assert not is_scaled_sum(tokens, added, total + np.float32(0.01), scale=2.5)
    assert not is_scaled_sum(tokens, None if has_positions else positions, total, scale=2.5)
