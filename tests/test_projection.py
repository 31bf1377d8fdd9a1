import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import ShapeError


def by_svd(vectors, n_components):
    """The slow obvious twin: center, singular vectors in float64, largest entry positive."""
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
    np.testing.assert_allclose(projection.explained_variance_ratio, ratio, rtol=1e-7, atol=0)  # float32 products, float64 sums


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
