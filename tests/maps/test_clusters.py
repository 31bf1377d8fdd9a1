import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedcore.errors import ShapeError
from embedcore.maps.clusters import NO_CLUSTER, _renumbered, central_tokens, cluster
from embedcore.model.id_sets import unpack_ids


def islands(sizes, *, seed=0, spread=0.3):
    """Return the shuffled points of round clusters of `sizes`, ten apart, and the cluster of each point."""
    random = np.random.default_rng(seed)
    island_of = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centers = 10.0 * np.stack((np.arange(len(sizes)) % 3, np.arange(len(sizes)) // 3), axis=1)
    return centers[island_of] + random.normal(size=(len(island_of), 2)) * spread, island_of


def test_islands_are_clusters_by_size():
    points, island_of = islands([30, 45, 25, 60])
    np.testing.assert_array_equal(cluster(points, min_cluster_size=20), np.array([2, 1, 3, 0])[island_of])
    assert cluster(points, min_cluster_size=20).dtype == np.int16


def test_islands_of_one_size_go_by_their_lowest_id():
    points, island_of = islands([30, 30, 30], seed=3)
    labels = cluster(points, min_cluster_size=20)
    first = [int(np.flatnonzero(labels == label)[0]) for label in range(3)]
    assert first == sorted(first)
    assert first[0] == 0
    assert len(set(zip(labels.tolist(), island_of.tolist(), strict=True))) == 3


def test_small_islands_are_seen_beside_a_cluster_of_most_points():
    """A table that training hardly touched looks so; by the excess of mass, its map would be one cluster and noise."""
    random = np.random.default_rng(1)
    small, island_of = islands([20, 30, 40], spread=0.1)
    points = np.concatenate((random.normal(size=(3000, 2)) * 3 + [-20, 0], small))
    labels = cluster(points, min_cluster_size=15)
    for island in range(3):
        (label,) = set(labels[3000:][island_of == island].tolist())
        assert label != NO_CLUSTER
        assert not (labels[:3000] == label).any()


def test_a_cluster_of_clusters_is_split():
    """Two squares are 1.5 times as far apart as their points; by the excess of mass, scattered points would join them."""
    from sklearn.cluster import HDBSCAN

    square = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    points = np.concatenate([square + np.array([left, 0.0]) for left in (0, 10.5, 400)])
    by_mass = HDBSCAN(min_cluster_size=40, min_samples=1, copy=True).fit_predict(points)
    assert by_mass[0] == by_mass[100]
    np.testing.assert_array_equal(cluster(points, min_cluster_size=40), np.repeat([0, 1, 2], 100))


def test_the_same_points_give_the_same_clusters_in_any_number_type():
    points = np.random.default_rng(4).integers(0, 40, (400, 2))
    labels = cluster(points.astype(np.int16), min_cluster_size=5)
    np.testing.assert_array_equal(labels, cluster(points.astype(np.int16), min_cluster_size=5))
    np.testing.assert_array_equal(labels, cluster(points.astype(np.float32), min_cluster_size=5))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 80), least=st.integers(2, 20), steps=st.integers(1, 30))
def test_labels_are_numbered_by_size_without_a_gap(seed, n, least, steps):
    points = np.random.default_rng(seed).integers(0, steps, (n, 2)).astype(np.int16)
    labels = cluster(points, min_cluster_size=min(least, n))
    sizes = np.bincount(labels[labels >= 0])
    assert labels.min() >= NO_CLUSTER
    assert (np.diff(sizes) <= 0).all()
    assert (sizes >= min(least, n)).all()


def test_points_on_one_spot_are_one_group_and_no_cluster():
    np.testing.assert_array_equal(cluster(np.full((30, 2), 7.0), min_cluster_size=5), np.full(30, NO_CLUSTER))


def test_spots_are_clusters():
    points = np.repeat(np.array([[0, 0], [5, 5], [9, 0]], np.int16), [20, 30, 10], axis=0)
    np.testing.assert_array_equal(cluster(points, min_cluster_size=5), np.repeat([1, 0, 2], [20, 30, 10]))


@pytest.mark.parametrize(
    ("points", "least", "words"),
    [
        (np.zeros((5, 2)), 6, "clusters of 6 of a map of 5 points: choose a min_cluster_size from 2 to 5"),
        (np.zeros((5, 2)), 1, "clusters of 1 of a map of 5 points"),
        (np.zeros((1, 2)), 2, "1 points: it takes 2 points or more"),
        (np.zeros((0, 2)), 2, r"\[0, 2\]"),
        (np.array([[0, np.nan], [1, 1]]), 2, "1 of 2 rows of the map hold NaN"),
    ],
)
def test_maps_that_cannot_be_clustered_are_named(points, least, words):
    with pytest.raises(ShapeError, match=words):
        cluster(points, min_cluster_size=least)


def test_more_clusters_than_int16_tells_apart_are_named():
    with pytest.raises(ShapeError, match="32,768 clusters are more than 32,767"):
        _renumbered(np.repeat(np.arange(32_768), 2))


def by_hand(labels, vectors, n_tokens):
    """The slow obvious twin: for each cluster the mean of unit vectors, and every member's cosine with it."""
    names = []
    for label in range(labels.max() + 1):
        members = np.flatnonzero(labels == label).tolist()
        units = {i: vectors[i].astype(np.float64) / np.linalg.norm(vectors[i].astype(np.float64)) for i in members}
        mean = sum(units.values()) / len(units)
        central = {i: round(float(unit @ mean / np.linalg.norm(mean)), 9) for i, unit in units.items()}
        names.append(tuple(sorted(members, key=lambda i, central=central: (-central[i], i))[:n_tokens]))
    return tuple(names)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 50), n_clusters=st.integers(1, 4), n_tokens=st.integers(1, 6))
def test_names_are_those_of_the_slow_twin(seed, n, n_clusters, n_tokens):
    random = np.random.default_rng(seed)
    labels = random.integers(-1, n_clusters, n).astype(np.int16)
    labels[:n_clusters] = np.arange(n_clusters)[:n]
    vectors = (random.normal(size=(n, 7)) * random.uniform(0.1, 9, (n, 1))).astype(np.float32)
    assert central_tokens(labels, vectors, n_tokens) == by_hand(labels, vectors, n_tokens)


def test_equal_rows_are_named_by_id_and_zero_rows_last():
    vectors = np.array([[0.0, 0, 0], [1, 2, 3], [1, 2, 3], [1, 2, 3], [5, 5, 5]], np.float32)
    assert central_tokens(np.zeros(5, np.int16), vectors, 5) == ((1, 2, 3, 4, 0),)


def test_direction_counts_and_not_length():
    vectors = np.array([[1.0, 0.1], [1.0, 0.0], [1.0, -0.1], [0.0, 900.0]])
    labels = np.array([0, 0, 0, NO_CLUSTER], np.int16)
    assert central_tokens(labels, vectors, 1) == ((1,),)
    assert central_tokens(labels, vectors * [[500], [1], [1], [1]], 1) == ((1,),)


def test_no_cluster_has_no_name():
    assert central_tokens(np.full(4, NO_CLUSTER, np.int16), np.eye(4)) == ()


@pytest.mark.parametrize(
    ("labels", "n_tokens", "words"),
    [
        (np.zeros(3, np.int16), 3, r"\[3\], but there are 4 vectors"),
        (np.zeros(4, np.int16), 0, "0 tokens name no cluster"),
    ],
)
def test_bad_names_are_named(labels, n_tokens, words):
    with pytest.raises(ShapeError, match=words):
        central_tokens(labels, np.eye(4), n_tokens)


@pytest.mark.parametrize(
    "kind",
    [
        set("0123456789"),
        {" must", " may", " should", " will", " can", " would", " could", " might"},
        {" " + letter for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
        {" from", " of", " on", " with", " in", " for", " to", " by", " at", " as"},
        {" no", " any", " different", " each", " two", " another", " some", " other"},
    ],
    ids=["digits", "modal verbs", "letters", "prepositions", "determiners"],
)
def test_the_clusters_of_a_real_table_can_be_read(pydoc, kind):
    """The most frequent rows that training touched are clustered in the space itself, without a map in between."""
    ids = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], pydoc.metadata.n_vocab)[:1500]
    labels = cluster(pydoc.table[ids], min_cluster_size=5)
    names = [
        {pydoc.tokenizer.token_bytes(token_id).decode() for token_id in ids[list(name)].tolist()}
        for name in central_tokens(labels, pydoc.table[ids], 4)
    ]
    assert any(name <= kind for name in names), names
