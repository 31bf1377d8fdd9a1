import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import EmbedcoreError, ShapeError


def by_svd(vectors, n_components):
    """Return the components by the slow and obvious way: centered, singular vectors in float64, largest entry positive."""
    centered = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    _, values, rows = np.linalg.svd(centered, full_matrices=False)
    rows = rows[:n_components]
    rows = rows * np.sign(rows[np.arange(n_components), np.abs(rows).argmax(axis=1)])[:, None]
    return centered @ rows.T, (values**2 / (values**2).sum())[:n_components]


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_pca_equals_the_singular_vectors(n_components):
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(500, 3)) @ random.normal(size=(3, 20)) + 0.1 * random.normal(size=(500, 20))).astype(
        np.float32
    )
    projection = embedcore.project(vectors, n_components=n_components)
    points, ratio = by_svd(vectors, n_components)
    np.testing.assert_allclose(projection.coordinates, points, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        projection.explained_variance_ratio, ratio, rtol=1e-7, atol=0
    )  # float32 products, float64 sums


def test_pca_of_a_real_table_equals_the_singular_vectors(pydoc):
    points, ratio = by_svd(pydoc.table, 3)
    projection = embedcore.project(pydoc.table, n_components=3)
    np.testing.assert_allclose(projection.coordinates, points, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(projection.explained_variance_ratio, ratio, rtol=1e-6, atol=0)


def test_pca_equals_scikit_learns(pydoc):
    from sklearn.decomposition import PCA

    reference = PCA(2, svd_solver="full").fit(pydoc.table.astype(np.float64))
    projection = embedcore.project(pydoc.table)
    np.testing.assert_allclose(np.abs(projection.components), np.abs(reference.components_), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        projection.explained_variance_ratio, reference.explained_variance_ratio_, rtol=1e-6, atol=0
    )
    assert projection.explained_share == pytest.approx(sum(reference.explained_variance_ratio_), rel=1e-6)


def test_more_dimensions_than_vectors():
    vectors = np.random.default_rng(3).normal(size=(4, 9)).astype(np.float32)
    np.testing.assert_allclose(
        np.abs(embedcore.project(vectors).coordinates), np.abs(by_svd(vectors, 2)[0]), rtol=1e-5, atol=1e-5
    )


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 40), width=st.integers(1, 12))
def test_transform_places_the_fitted_vectors_where_they_are(seed, n, width):
    vectors = np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)
    projection = embedcore.project(vectors, n_components=1)
    np.testing.assert_allclose(projection.transform(vectors), projection.coordinates, rtol=1e-4, atol=1e-4)


def test_the_same_vectors_give_the_same_picture():
    vectors = np.random.default_rng(5).normal(size=(100, 8)).astype(np.float32)
    np.testing.assert_array_equal(embedcore.project(vectors).coordinates, embedcore.project(vectors).coordinates)


def test_equal_rows_lie_on_one_point():
    projection = embedcore.project(np.ones((5, 3), np.float32))
    np.testing.assert_array_equal(projection.coordinates, np.zeros((5, 2)))
    np.testing.assert_array_equal(projection.explained_variance_ratio, [0, 0])


@pytest.mark.parametrize(
    ("vectors", "n_components", "words"),
    [
        (np.zeros((1, 3)), 1, r"\[1, 3\].*at least 2"),
        (np.zeros((5, 3)), 4, "4 components.*1 to 3"),
        (np.zeros((5, 3)), 0, "0 components"),
        (np.array([[1.0, np.nan], [0, 0]]), 1, "1 of 2 rows of the vectors hold NaN"),
        (np.array([[1.0, np.inf], [0, 0]]), 1, "infinite"),
    ],
)
def test_bad_vectors_are_named(vectors, n_components, words):
    with pytest.raises(ShapeError, match=words):
        embedcore.project(vectors, n_components=n_components)


def test_transform_of_another_width_is_named():
    with pytest.raises(ShapeError, match=r"\[2, 4\].*\[n, 3\]"):
        embedcore.project(np.eye(3)).transform(np.zeros((2, 4)))


@pytest.mark.parametrize(("mean", "spread"), [(1e2, 1.0), (1e4, 1.0), (1e4, 0.01)])
def test_a_small_spread_around_a_large_mean_keeps_its_digits(mean, spread):
    """float32 holds these vectors with few digits of their spread; what it holds is projected, without more rounding."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(400, 3)) @ random.normal(size=(3, 12))
    vectors = (mean + 1e-3 / 7 + spread * rows).astype(np.float32)
    points, ratio = by_svd(vectors, 3)
    projection = embedcore.project(vectors, n_components=3)
    np.testing.assert_allclose(projection.coordinates, points, rtol=1e-4, atol=2e-5 * spread)
    np.testing.assert_allclose(projection.explained_variance_ratio, ratio, rtol=1e-6, atol=0)
    np.testing.assert_allclose(projection.transform(vectors[:7]), points[:7], rtol=1e-4, atol=2e-5 * spread)


def test_ten_components_of_a_real_table_equal_the_fastest_exact_solvers(pydoc):
    from sklearn.decomposition import PCA

    reference = PCA(10, svd_solver="covariance_eigh").fit(pydoc.table)
    signs = np.sign(reference.components_[np.arange(10), np.abs(reference.components_).argmax(axis=1)])[:, None]
    projection = embedcore.project(pydoc.table, n_components=10)
    np.testing.assert_allclose(projection.components, reference.components_ * signs, rtol=0, atol=1e-4)
    points = reference.transform(pydoc.table) * signs.T
    np.testing.assert_allclose(projection.coordinates, points, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        projection.explained_variance_ratio, reference.explained_variance_ratio_, rtol=1e-4, atol=0
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_any_floats_are_projected(dtype):
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(dtype)
    projection = embedcore.project(vectors)
    np.testing.assert_allclose(projection.coordinates, by_svd(vectors, 2)[0], rtol=1e-5, atol=1e-5)
    assert projection.coordinates.dtype == np.float32


@pytest.mark.parametrize("chosen", [[0], [2, 0], [1, 1], (3, 2, 1, 0)])
def test_some_components_are_those_of_all(chosen):
    vectors = np.random.default_rng(0).normal(size=(50, 6))
    every = embedcore.project(vectors, n_components=4)
    some = every.select(chosen)
    np.testing.assert_array_equal(some.coordinates, every.coordinates[:, chosen])
    np.testing.assert_array_equal(some.explained_variance_ratio, every.explained_variance_ratio[list(chosen)])
    np.testing.assert_array_equal(some.transform(vectors[:5]), every.transform(vectors[:5])[:, chosen])
    assert (some.n_components, some.method) == (len(chosen), "pca")


@pytest.mark.parametrize("chosen", [[], [4], [-1], [0, 9]])
def test_components_that_are_not_there_are_named(chosen):
    every = embedcore.project(np.random.default_rng(0).normal(size=(50, 6)), n_components=4)
    with pytest.raises(ShapeError, match=rf"components {re.escape(str(chosen))} of a map with 0…3: choose among these"):
        every.select(chosen)


def test_a_coordinate_along_a_direction_is_the_product_with_its_unit_vector():
    random = np.random.default_rng(0)
    vectors, directions = random.normal(size=(80, 5)) + 2, random.normal(size=(2, 5)) * [[3.0], [0.01]]
    computed = embedcore.maps.linear.along(vectors, directions)
    expected, shares = np.empty((80, 2)), []
    total = sum(vectors[:, axis].var() for axis in range(5))
    for column, direction in enumerate(directions):
        unit = [value / math.hypot(*direction) for value in direction]
        expected[:, column] = [math.fsum(a * b for a, b in zip(row, unit, strict=True)) for row in vectors]
        shares.append(expected[:, column].var() / total)
    np.testing.assert_allclose(computed.coordinates, expected, rtol=1e-6, atol=1e-6)  # rounded to float32
    np.testing.assert_allclose(computed.explained_variance_ratio, shares, rtol=1e-10, atol=0)
    np.testing.assert_allclose(computed.transform(vectors[:9] * 2), expected[:9] * 2, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(computed.transform(np.zeros((1, 5))), [[0, 0]])
    assert computed.method == "axes"


def test_components_as_directions_give_their_shares_again(pydoc):
    components = embedcore.project(pydoc.table, n_components=3)
    coordinates = embedcore.maps.linear.along(pydoc.table, components.components)
    np.testing.assert_allclose(
        coordinates.explained_variance_ratio, components.explained_variance_ratio, rtol=1e-5, atol=0
    )


def test_equal_rows_have_nothing_to_share_along_a_direction():
    computed = embedcore.maps.linear.along(np.ones((4, 2)), np.array([[0.0, 5.0]]))
    np.testing.assert_array_equal(computed.coordinates, np.ones((4, 1)))
    np.testing.assert_array_equal(computed.explained_variance_ratio, [0])


@pytest.mark.parametrize(
    ("directions", "words"),
    [
        (np.array([[1.0, 0, 0], [0, 0, 0]]), "direction 2 of 2 has length 0: it points nowhere; write another"),
        (np.ones((1, 4)), r"\[1, 4\].*\[n, 3\]"),
        (np.array([[1.0, np.nan, 0]]), r"1 of 1 rows of the directions hold NaN"),
        (np.ones((0, 3)), r"the directions has shape \[0, 3\]"),
    ],
)
def test_bad_directions_are_named(directions, words):
    with pytest.raises(ShapeError, match=words):
        embedcore.maps.linear.along(np.eye(3), directions)


def test_an_unknown_projection_is_named():
    with pytest.raises(EmbedcoreError, match="no projection 'mds'; there are pca, tsne, umap"):
        embedcore.project(np.eye(3), method="mds")


def test_where_entries_tie_the_first_is_positive():
    """Because of rounding, entries within 1e-4 of the largest count as tied."""
    along_it = np.linspace(-1, 1, 9)[:, None]
    for direction in ([-1.0, 1.0], [1.0, -1.0], [-1.0, 1.00005], [1.00005, -1.0]):
        for dtype in (np.float32, np.float64):
            component = embedcore.project((along_it * direction).astype(dtype), n_components=1).components[0]
            assert component[0] > 0 > component[1]
    component = embedcore.project(along_it * [-1.0, 1.001], n_components=1).components[0]
    assert component[1] > 0 > component[0]
