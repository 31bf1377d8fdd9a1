import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import ShapeError
from embedcore.maps.fidelity import fidelity
from embedcore.maps.map_neighbors import map_neighbors
from embedcore.model.id_sets import unpack_ids
from embedcore.space import ranks as neighbor_ranks_module
from embedcore.space.ranks import neighbor_ranks


def far(vectors, metric):
    """Return every distance in float64, one row after the other; less is nearer, and a row is the last to itself."""
    wide = vectors.astype(np.float64)
    distances = np.empty((len(wide), len(wide)))
    for i, row in enumerate(wide):
        if metric == "euclidean":
            distances[i] = ((wide - row) ** 2).sum(axis=1)
        else:
            distances[i] = -(wide * row).sum(axis=1)
            if metric == "cosine":
                lengths = np.sqrt((wide**2).sum(axis=1)) * np.sqrt((row**2).sum())
                distances[i] = np.where(lengths > 0, distances[i] / np.where(lengths > 0, lengths, 1), 0.0)
        distances[i, i] = np.inf
    return distances


def all_ranks(distances):
    """Return the rank of each column in each row, from 1 on, equal ones by id; a row's own rank is n."""
    order = np.argsort(distances, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(order) + 1)[None], axis=1)
    return ranks


def nearest(distances, k):
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def by_hand(vectors, coordinates, k, metric):
    """Return trustworthiness (Venna & Kaski 2001) and the share of neighbors kept, point by point, from sets."""
    n = len(vectors)
    ranks = all_ranks(far(vectors, metric))
    on_map = nearest(far(coordinates, "euclidean"), k)
    trustworthiness, overlap = [], []
    for i in range(n):
        true = {j for j in range(n) if ranks[i, j] <= k}
        intruders = set(on_map[i].tolist()) - true
        trustworthiness.append(1 - 2 / (k * (2 * n - 3 * k - 1)) * sum(ranks[i, j] - k for j in intruders))
        overlap.append(len(true & set(on_map[i].tolist())) / k)
    return np.array(trustworthiness), np.array(overlap)


def trained(pydoc, n):
    ids = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], pydoc.metadata.n_vocab)
    return pydoc.table[ids[:n]]


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@pytest.mark.parametrize("k", [1, 7, 40])
def test_each_point_is_judged_by_the_papers_formula(k, metric):
    random = np.random.default_rng(k)
    vectors = random.normal(size=(300, 24)).astype(np.float32)
    maps = [vectors[:, :2], random.normal(size=(300, 3)).astype(np.float32)]
    for coordinates, judged in zip(maps, fidelity(vectors, maps, k=k, metric=metric), strict=True):
        trustworthiness, overlap = by_hand(vectors, coordinates, k, metric)
        np.testing.assert_allclose(judged.trustworthiness, trustworthiness, rtol=0, atol=1e-7)
        np.testing.assert_allclose(judged.overlap, overlap, rtol=0, atol=1e-7)
        assert judged.k == k


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_mean_is_scikit_learns(pydoc, metric):
    from sklearn.manifold import trustworthiness

    vectors = trained(pydoc, 700)
    coordinates = embedcore.project(vectors).coordinates
    (judged,) = fidelity(vectors, [coordinates], metric=metric)
    reference = trustworthiness(
        vectors.astype(np.float64), coordinates.astype(np.float64), n_neighbors=15, metric=metric
    )
    np.testing.assert_allclose(judged.mean_trustworthiness, reference, rtol=0, atol=1e-7)
    assert 0.6 < reference < 0.99


def test_a_real_table_gets_the_ranks_of_float64(pydoc):
    """Rows in float16 steps lie close: among 4,000 of them float32 puts thousands of pairs in the wrong order."""
    vectors = pydoc.table[:4000]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rough, exact = all_ranks(-(unit @ unit.T)), all_ranks(far(vectors, "cosine"))
    others = np.random.default_rng(0).integers(0, 3999, (4000, 30))
    others += others >= np.arange(4000)[:, None]
    expected = np.take_along_axis(exact, others, axis=1)
    assert (np.take_along_axis(rough, others, axis=1) != expected).sum() > 50
    np.testing.assert_array_equal(neighbor_ranks(vectors, others), expected)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(3, 40),
    width=st.integers(1, 6),
    steps=st.integers(1, 6),
    metric=st.sampled_from(["dot", "euclidean"]),  # whole numbers: every score is exact, and most are tied
)
def test_tied_rows_rank_by_id(seed, n, width, steps, metric):
    random = np.random.default_rng(seed)
    vectors = random.integers(-steps, steps + 1, (n, width)).astype(np.float32)
    others = np.array([[j for j in range(n) if j != i] for i in range(n)])
    expected = np.take_along_axis(all_ranks(far(vectors, metric)), others, axis=1)
    np.testing.assert_array_equal(neighbor_ranks(vectors, others, metric=metric), expected)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_crowds_of_equal_rows_and_zero_rows_rank_by_id(metric):
    random = np.random.default_rng(4)
    vectors = random.normal(size=(12, 33)).astype(np.float32)[random.integers(0, 12, 300)]
    vectors[random.integers(0, 300, 20)] = 0
    others = (np.arange(300)[:, None] + np.arange(1, 300)) % 300
    expected = np.take_along_axis(all_ranks(far(vectors, metric)), others, axis=1)
    np.testing.assert_array_equal(neighbor_ranks(vectors, others, metric=metric), expected)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_ranks_hold_for_lengths_of_every_size(metric):
    """One row is a million times as long as the others, and float32 cannot hold the squares."""
    vectors = np.random.default_rng(5).normal(size=(120, 10))
    vectors[3] *= 1e6
    vectors = (vectors + 5.0) * 1e25
    others = (np.arange(120)[:, None] + np.arange(1, 120)) % 120
    expected = np.take_along_axis(all_ranks(far(vectors, metric)), others, axis=1)
    np.testing.assert_array_equal(neighbor_ranks(vectors, others, metric=metric), expected)


def test_the_blocks_do_not_show(monkeypatch):
    vectors = np.random.default_rng(6).normal(size=(101, 8)).astype(np.float32)
    coordinates = vectors[:, :2]
    (whole,) = fidelity(vectors, [coordinates], k=5)
    monkeypatch.setattr(neighbor_ranks_module, "_SCORES_AT_ONCE", 7 * 101)
    shares, threads = [], set()

    def progress(share):
        shares.append(share)
        threads.add(threading.current_thread())

    (parts,) = fidelity(vectors, [coordinates], k=5, progress=progress)
    np.testing.assert_array_equal(parts.trustworthiness, whole.trustworthiness)
    np.testing.assert_allclose(shares, [min(7 * (i + 1), 101) / 101 for i in range(15)], rtol=1e-12, atol=0)
    assert threads == {threading.current_thread()}


def test_progress_can_end_the_work():
    class Cancelled(Exception):
        pass

    def cancel(share):
        raise Cancelled

    vectors = np.eye(20, dtype=np.float32)
    with pytest.raises(Cancelled):
        fidelity(vectors, [vectors[:, :2] + vectors[:, 2:4]], k=3, progress=cancel)


def test_a_perfect_map_and_the_worst():
    line = np.arange(40.0)[:, None]
    perfect, worst = fidelity(line, [7 - 3 * line, np.random.default_rng(0).permutation(line)], k=4, metric="euclidean")
    np.testing.assert_array_equal(perfect.trustworthiness, np.ones(40))
    np.testing.assert_array_equal(perfect.overlap, np.ones(40))
    assert (perfect.mean_trustworthiness, perfect.mean_overlap) == (1.0, 1.0)
    assert worst.trustworthiness.min() >= 0
    assert worst.mean_trustworthiness < 0.7
    assert worst.mean_overlap < 0.3


def test_no_map_needs_no_work():
    assert fidelity(np.eye(9), [], k=2) == []


@settings(deadline=None, max_examples=120)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 60),
    axes=st.integers(1, 3),
    steps=st.integers(1, 12),
    k=st.integers(1, 59),
)
def test_neighbors_on_a_raster_are_those_of_the_slow_twin(seed, n, axes, steps, k):
    """A raster of few steps has many points on one spot, and equal distances on both sides of the k-th."""
    k = min(k, n - 1)
    points = np.random.default_rng(seed).integers(-steps, steps, (n, axes)).astype(np.int16)
    ids = map_neighbors(points, k)
    np.testing.assert_array_equal(ids, nearest(far(points, "euclidean"), k))


def test_neighbors_on_a_map_of_points_all_over_the_plane():
    points = np.random.default_rng(1).normal(size=(500, 2)).astype(np.float32)
    np.testing.assert_array_equal(map_neighbors(points, 15), nearest(far(points, "euclidean"), 15))


def test_a_crowd_of_thousands_on_one_spot():
    points = np.zeros((6000, 2), np.int16)
    points[5000:] = np.arange(1000)[:, None] + 9
    ids = map_neighbors(points, 4)
    np.testing.assert_array_equal(ids[[0, 2, 4, 4999]], [[1, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 3], [0, 1, 2, 3]])
    np.testing.assert_array_equal(ids[[5000, 5500]], [[5001, 5002, 5003, 5004], [5499, 5501, 5498, 5502]])


def test_a_ring_of_equally_near_spots_goes_by_id():
    """(±3, ±4), (±4, ±3), (±5, 0) and (0, ±5) are more ties than the first query of the tree returns."""
    ring = [(a, b) for a in range(-5, 6) for b in range(-5, 6) if a * a + b * b == 25]
    for seed in range(12):
        points = np.random.default_rng(seed).permutation([*ring, (0, 0)])
        middle = int(np.flatnonzero(~points.any(axis=1))[0])
        expected = [i for i in range(13) if i != middle][:3]
        assert map_neighbors(points, 3)[middle].tolist() == expected


def test_minus_zero_is_the_spot_of_zero():
    np.testing.assert_array_equal(map_neighbors(np.array([[-0.0], [1e-9], [0.0]]), 1), [[2], [0], [0]])


@pytest.mark.parametrize(
    ("points", "k", "words"),
    [
        (np.zeros((10, 2)), 10, r"10 points has no 10 neighbors: choose k from 1 to 9"),
        (np.zeros((10, 2)), 0, r"no 0 neighbors: choose k from 1 to 9"),
        (np.zeros((1, 2)), 1, r"1 points has no 1 neighbors: give it two points or more"),
        (np.zeros((0, 2)), 1, r"shape \[0, 2\]"),
        (np.zeros((5, 0)), 1, r"shape \[5, 0\]"),
        (np.array([[0, np.nan], [1, 1], [np.inf, 2]]), 1, "2 of 3 points of a map are NaN"),
    ],
)
def test_bad_maps_are_named(points, k, words):
    with pytest.raises(ShapeError, match=words):
        map_neighbors(points, k)


@pytest.mark.parametrize(
    ("n", "k", "words"),
    [
        (10, 15, r"10 points cannot be told by 15 neighbors of each: choose k from 1 to 4"),
        (10, 5, r"10 points .* 5 neighbors of each: choose k from 1 to 4"),  # as scikit-learn: k < n / 2
        (10, 0, r"0 neighbors of each: choose k from 1 to 4"),
        (2, 1, r"2 points .*: it takes 3 points or more"),
    ],
)
def test_too_few_points_are_named(n, k, words):
    with pytest.raises(ShapeError, match=words):
        fidelity(np.ones((n, 3)), [np.ones((n, 2))], k=k)


def test_the_largest_k_that_is_offered_holds():
    (judged,) = fidelity(np.random.default_rng(0).normal(size=(10, 3)), [np.arange(20.0).reshape(10, 2)], k=4)
    assert judged.trustworthiness.min() >= 0


def test_a_map_of_other_vectors_is_named():
    with pytest.raises(ShapeError, match="a map has 8 points, but there are 9 vectors"):
        fidelity(np.ones((9, 3)), [np.ones((9, 2)), np.ones((8, 2))], k=2)


def test_vectors_that_are_not_finite_are_named():
    vectors = np.eye(9)
    vectors[4, 4] = np.nan
    with pytest.raises(ShapeError, match=r"1 of 9 rows .* NaN or infinite .*row 4"):
        fidelity(vectors, [np.arange(18.0).reshape(9, 2)], k=2)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (np.array([[1], [2]]), r"\[2, 1\], but 3 rows need \[3, m\]"),
        (np.array([[1], [1], [0]]), r"row 1 asks for the rank of row 1, .* another of 0…2"),
        (np.array([[1], [3], [0]]), r"row 1 asks for the rank of row 3"),
        (np.array([[1], [2], [-1]]), r"row 2 asks for the rank of row -1"),
    ],
)
def test_rows_that_have_no_rank_are_named(others, words):
    with pytest.raises(ShapeError, match=words):
        neighbor_ranks(np.eye(3), others)
