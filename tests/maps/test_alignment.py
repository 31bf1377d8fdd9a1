import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedcore.errors import ShapeError
from embedcore.maps.alignment import mean_change, most_moved, neighborhood_change, procrustes
from embedcore.maps.map_neighbors import map_neighbors


def turned(points, angle, *, mirror=False):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ (turn @ np.diag([1, -1]) if mirror else turn)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_turned_scaled_shifted_map_is_laid_back(mirror):
    reference = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    moved = (turned(reference, 2.0, mirror=mirror) * 7 + [100, -3]).astype(np.float32)
    alignment = procrustes(reference, moved)
    np.testing.assert_allclose(alignment.apply(moved), reference, rtol=0, atol=1e-4)
    np.testing.assert_allclose(alignment.scale, 1 / 7, rtol=1e-5, atol=0)
    np.testing.assert_allclose(alignment.rotation, turned(np.eye(2), 2.0, mirror=mirror).T, rtol=0, atol=1e-6)
    assert alignment.residual < 1e-9
    assert alignment.apply(moved).dtype == np.float32


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_fit_is_scipys(axes):
    from scipy import spatial
    from scipy.linalg import orthogonal_procrustes

    random = np.random.default_rng(axes)
    reference, moved = random.normal(size=(50, axes)) + 4, random.normal(size=(50, axes)) * 3 - 1
    moved[:, 0] += 2 * reference[:, -1]
    alignment = procrustes(reference, moved)
    _, _, disparity = spatial.procrustes(reference, moved)
    rotation, _ = orthogonal_procrustes(moved - moved.mean(axis=0), reference - reference.mean(axis=0))
    np.testing.assert_allclose(alignment.residual, disparity, rtol=1e-10, atol=0)
    np.testing.assert_allclose(alignment.rotation, rotation, rtol=0, atol=1e-10)
    missed = ((alignment.apply(moved) - reference) ** 2).sum() / ((reference - reference.mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose(missed, disparity, rtol=1e-5, atol=0)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), m=st.integers(3, 20))
def test_no_other_similarity_fits_better(seed, m):
    random = np.random.default_rng(seed)
    reference, moved = random.normal(size=(m, 2)), random.normal(size=(m, 2))
    alignment = procrustes(reference, moved)
    least = ((alignment.scale * moved @ alignment.rotation + alignment.shift - reference) ** 2).sum()
    for _ in range(20):
        scale, shift = alignment.scale * random.uniform(0.8, 1.2), alignment.shift + random.normal(size=2) * 0.1
        rotation = turned(alignment.rotation, random.normal() * 0.2, mirror=bool(random.integers(2)))
        assert ((scale * moved @ rotation + shift - reference) ** 2).sum() >= least - 1e-9


def test_maps_that_have_nothing_in_common():
    reference, moved = np.array([[1.0], [-1], [1], [-1]]), np.array([[1.0], [1], [-1], [-1]])
    alignment = procrustes(reference, moved)
    np.testing.assert_allclose((alignment.scale, alignment.residual), (0, 1), rtol=0, atol=1e-12)


def test_two_points_are_enough():
    alignment = procrustes(np.array([[0.0, 0], [2, 0]]), np.array([[0.0, 1], [0, 2]]))
    np.testing.assert_allclose(alignment.apply(np.array([[0.0, 1], [0, 2]])), [[0, 0], [2, 0]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(alignment.scale, 2.0, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("reference", "moved", "words"),
    [
        (np.zeros((5, 2)), np.zeros((5, 3)), r"\[5, 2\] and \[5, 3\].*as many axes"),
        (np.zeros((5, 2)), np.zeros((4, 2)), r"\[5, 2\] and \[4, 2\].*shared tokens"),
        (np.zeros((1, 2)), np.zeros((1, 2)), "share 1 tokens, but an alignment takes 2"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "share 0 tokens, but an alignment takes 2"),
        (np.full((5, 2), 3.0), np.arange(10.0).reshape(5, 2), "all 5 points of the reference lie on one spot"),
        (np.arange(10.0).reshape(5, 2), np.full((5, 2), 0.1), "all 5 points of the moved map lie on one spot"),
        (np.arange(4.0).reshape(2, 2), np.array([[0, np.nan], [1, 1]]), "1 of 2 points of the moved map are NaN"),
        (np.array([[np.inf, 0], [1, np.nan]]), np.eye(2), "2 of 2 points of the reference are NaN"),
    ],
)
def test_maps_that_cannot_be_aligned_are_named(reference, moved, words):
    with pytest.raises(ShapeError, match=words):
        procrustes(reference, moved)


def test_points_of_other_axes_are_named():
    alignment = procrustes(np.eye(2), np.eye(2))
    with pytest.raises(ShapeError, match=r"\[4, 3\].*\[n, 2\]"):
        alignment.apply(np.zeros((4, 3)))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), k=st.integers(1, 9))
def test_change_is_the_share_of_the_sets(seed, n, k):
    random = np.random.default_rng(seed)
    left, right = (np.array([random.permutation(12)[:k] for _ in range(n)]) for _ in "lr")
    expected = [len(set(a) - set(b)) / k for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    np.testing.assert_allclose(neighborhood_change(left, right), expected, rtol=0, atol=1e-7)


def test_a_turned_map_changes_no_neighborhood_and_a_moved_point_its_own():
    points = np.random.default_rng(2).normal(size=(80, 2))
    before = map_neighbors(points, 5)
    np.testing.assert_array_equal(neighborhood_change(before, map_neighbors(turned(points, 1.0) * 3, 5)), np.zeros(80))
    points[17] = [-9, 40]
    change = neighborhood_change(before, map_neighbors(points, 5))
    assert most_moved(change, 1).tolist() == [17]
    assert 0 < np.delete(change, 17).max() < change[17]


@pytest.mark.parametrize(("left", "right"), [((4, 3), (4, 2)), ((4, 3), (5, 3)), ((4, 0), (4, 0))])
def test_neighborhoods_of_other_shapes_are_named(left, right):
    with pytest.raises(ShapeError, match=r"must be the same \[n, k\]"):
        neighborhood_change(np.zeros(left, np.int64), np.zeros(right, np.int64))


def test_the_most_moved_come_first_and_ties_go_by_id():
    change = np.array([0.5, 1.0, 0.5, 0.0, 1.0], np.float32)
    assert most_moved(change, 4).tolist() == [1, 4, 0, 2]
    assert most_moved(change, 99).tolist() == [1, 4, 0, 2, 3]
    assert most_moved(change, 0).tolist() == []
    with pytest.raises(ShapeError, match="-1 tokens"):
        most_moved(change, -1)


def test_the_mean_change_of_many_tokens_keeps_its_digits():
    change = np.full(3_000_000, 0.1, np.float32)
    assert mean_change(change) == pytest.approx(float(np.float32(0.1)), rel=1e-12)
