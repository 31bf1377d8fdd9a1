"""What a layout does, not where it puts a point: near rows stay near, one seed is one picture."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import embedcore
from embedcore.errors import EmbedcoreError, ShapeError
from embedcore.maps.layouts import lay_out
from embedcore.maps.methods import METHODS, layout_ids
from embedcore.maps.recipe import N_NEIGHBORS
from embedcore.space.neighbors import NeighborIndex

N_CLUSTERS, N_MEMBERS, D_MODEL = 8, 45, 12
MEMBERS = np.repeat(np.arange(N_CLUSTERS), N_MEMBERS)
CASES = [(method, n_components) for method in layout_ids() for n_components in (2, 3)]


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(0)
    centers = 4 * np.linalg.qr(random.normal(size=(D_MODEL, D_MODEL)))[0][:N_CLUSTERS]
    return (centers[MEMBERS] + 0.5 * random.normal(size=(len(MEMBERS), D_MODEL))).astype(np.float32)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}d")
def case(request):
    return request.param


@pytest.fixture(scope="module")
def messages():
    """Return the messages on the work's progress, by case."""
    return {}


@pytest.fixture(scope="module")
def layout(case, vectors, messages):
    method, n_components = case
    steps = messages.setdefault(case, [])
    return lay_out(vectors, method=method, n_components=n_components, seed=5, progress=lambda *step: steps.append(step))


def spread(points):
    """Return the mean distance between points of the map, the unit of what is near."""
    return float(np.sqrt(((points[:, None].astype(float) - points[None]) ** 2).sum(axis=2)).mean())


def test_every_row_has_a_place(case, layout):
    method, n_components = case
    assert layout.coordinates.shape == (len(MEMBERS), n_components)
    assert layout.coordinates.dtype == np.float32
    assert np.isfinite(layout.coordinates).all()
    assert (layout.method, layout.n_components) == (method, n_components)


def test_near_rows_stay_near(layout, vectors):
    from sklearn.manifold import trustworthiness

    assert trustworthiness(vectors, layout.coordinates, n_neighbors=15, metric="cosine") > 0.9
    # PCA of eight clusters in two dimensions does worse: the layout earns its time.
    start = embedcore.project(vectors, n_components=layout.n_components)
    assert trustworthiness(vectors, layout.coordinates, n_neighbors=15, metric="cosine") > trustworthiness(
        vectors, start.coordinates, n_neighbors=15, metric="cosine"
    )


def test_clusters_stay_together(layout):
    """Of each point's ten nearest on the map, nearly all are of its own cluster."""
    points = layout.coordinates.astype(np.float64)
    far = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    nearest = np.argsort(far, axis=1)[:, :10]
    assert (MEMBERS[nearest] == MEMBERS[:, None]).mean() > 0.98


def test_one_seed_is_one_picture(case, layout, vectors):
    """The points are equal bit for bit, also with a graph made before, and through the public function."""
    method, n_components = case
    index = NeighborIndex(vectors)
    given = lay_out(
        vectors, method=method, n_components=n_components, seed=5, index=index, graph=index.graph(N_NEIGHBORS)
    )
    np.testing.assert_array_equal(given.coordinates, layout.coordinates)
    if n_components == 2:
        public = embedcore.project(vectors, method=method, n_components=2, seed=5)
        np.testing.assert_array_equal(public.coordinates, layout.coordinates)


def test_the_seed_draws_umaps_negative_samples_and_nothing_of_t_sne(case, layout, vectors):
    """t-SNE starts from the principal components and draws no number after: every seed is one picture."""
    method, n_components = case
    other = lay_out(vectors, method=method, n_components=n_components, seed=6)
    assert np.array_equal(other.coordinates, layout.coordinates) == (method == "tsne")


def test_a_row_lands_on_its_own_point(layout, vectors):
    points = layout.transform(vectors)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, layout.coordinates, rtol=0, atol=1e-3 * spread(layout.coordinates))
    longer = layout.transform(3 * vectors[:5])  # by cosine: a direction has a place, a length has none
    np.testing.assert_allclose(longer, layout.coordinates[:5], rtol=0, atol=1e-3 * spread(layout.coordinates))


def test_a_new_vector_lies_among_the_points_of_its_five_nearest_rows(layout, vectors):
    """Its place is the mean of theirs, weighted by 1 / (1 − cosine)²: Shepard's formula, written out."""
    new = (vectors[[3, 100]] + vectors[[7, 110]]) / 2
    units = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    for vector, point in zip(new, layout.transform(new), strict=True):
        cosines = units @ (vector / np.linalg.norm(vector.astype(np.float64)))
        nearest = np.argsort(-cosines)[:5]
        weights = 1 / (1 - cosines[nearest]) ** 2
        expected = weights @ layout.coordinates[nearest] / weights.sum()
        np.testing.assert_allclose(point, expected, rtol=1e-4, atol=1e-4)
        assert (point >= layout.coordinates[nearest].min(axis=0) - 1e-4).all()
        assert (point <= layout.coordinates[nearest].max(axis=0) + 1e-4).all()


def test_nothing_to_place_is_an_empty_map(layout):
    assert layout.transform(np.zeros((0, D_MODEL), np.float32)).shape == (0, layout.n_components)


def test_what_cannot_be_placed_is_named(layout):
    with pytest.raises(ShapeError, match=rf"\[2, 4\].*\[n, {D_MODEL}\]"):
        layout.transform(np.ones((2, 4), np.float32))
    with pytest.raises(ShapeError, match="1 of 2 rows of the queries hold NaN"):
        layout.transform(np.array([[1.0] * D_MODEL, [np.nan] * D_MODEL]))


def test_progress_is_told_from_the_graph_to_the_last_step(case, layout, messages):
    del layout
    steps = messages[case]
    assert all(0.0 <= share <= 1.0 for _, share in steps)
    assert steps[0][0] == "exact neighbors"
    assert ("exact neighbors", 1.0) in steps
    assert steps[-1] == ("t-SNE" if case[0] == "tsne" else "UMAP", 1.0)
    shares = [share for doing, share in steps if doing == steps[-1][0]]
    assert shares == sorted(shares)
    assert len(shares) >= 2


@pytest.mark.parametrize("method", layout_ids())
def test_what_progress_raises_ends_the_work(method, layout, vectors):
    del layout  # compiled by now
    seen = []

    class CancelledError(Exception):
        pass

    def stop(doing, share):
        seen.append(doing)
        if doing in ("t-SNE", "UMAP"):
            raise CancelledError

    with pytest.raises(CancelledError):
        lay_out(vectors, method=method, progress=stop)
    assert seen.count(seen[-1]) == 1


def table(n, width=D_MODEL):
    return np.random.default_rng(0).normal(size=(n, width)).astype(np.float32)


@pytest.mark.parametrize("method", layout_ids())
@pytest.mark.parametrize(
    ("rows", "arguments", "words"),
    [
        (np.concatenate([table(30), np.full((1, D_MODEL), np.nan, np.float32)]), {}, r"1 of 31 rows of the vectors hold NaN .*row 30\): leave them out"),
        (np.concatenate([table(30), np.full((2, D_MODEL), np.inf, np.float32)]), {}, r"2 of 32 rows .*infinite"),
        (np.ones((40, D_MODEL), np.float32), {}, "all 40 rows are equal: .*choose rows that differ"),
        (np.zeros((40, D_MODEL), np.float32), {}, "all 40 rows are equal"),
        (table(16), {}, "16 points are fewer than a layout by 15 neighbors needs: choose 17 or more, or draw them with 'pca'"),
        (table(1), {}, "1 points are fewer .*17 or more"),
        (table(0), {}, r"shape \[0, 12\], but must be \[n, d_model\] with at least one row"),
        (table(40, 2), {}, "vectors of 2 dimensions need no layout in 2: 'pca' draws them"),
        (table(40, 1), {}, "vectors of 1 dimensions"),
        (table(40, 3), {"n_components": 3}, "vectors of 3 dimensions need no layout in 3"),
        (table(40), {"n_components": 1}, "a layout of 1 dimensions cannot be drawn: choose 2 or 3"),
        (table(40), {"n_components": 4}, "a layout of 4 dimensions cannot be drawn: choose 2 or 3"),
        (table(40), {"seed": -1}, "seed is -1, but must be from 0 to 4294967295"),
        (table(40), {"seed": 2**32}, "seed is 4294967296, but must be from 0 to 4294967295"),
    ],
)  # fmt: skip
def test_bad_input_is_named(method, rows, arguments, words):
    with pytest.raises(ShapeError, match=words):
        lay_out(rows, method=method, **arguments)


def test_an_unknown_method_is_named():
    with pytest.raises(EmbedcoreError, match="no layout 'mds': choose tsne or umap"):
        lay_out(table(40), method="mds")


@pytest.mark.parametrize("method", layout_ids())
@pytest.mark.parametrize("kind", ["fewest rows", "float16", "float64", "many equal rows", "a zero row"])
def test_unusual_tables_are_laid_out(method, kind):
    rows = table(17 if kind == "fewest rows" else 60)
    rows = rows.astype(kind) if kind.startswith("float") else rows
    if kind == "many equal rows":
        rows[:40] = rows[0]
    elif kind == "a zero row":
        rows[3] = 0
    layout = lay_out(rows, method=method)
    assert layout.coordinates.shape == (len(rows), 2)
    assert np.isfinite(layout.coordinates).all()
    assert np.ptp(layout.coordinates, axis=0).min() > 0


@pytest.mark.parametrize("method", layout_ids())
def test_the_library_behind_a_method_is_named_with_its_version(method):
    from importlib.metadata import version

    library = {"tsne": "openTSNE", "umap": "umap-learn"}[method]
    assert METHODS[method].library_version == f"{library} {version(library)}"


@pytest.mark.parametrize(
    "module", ["embedcore", "embedcore.maps.layouts", "embedcore.maps.file", "embedcore.maps.make"]
)
def test_the_layouts_libraries_are_imported_when_a_map_is_made_and_not_before(module):
    code = (
        f"import sys, {module}\n"
        "print(sorted({'umap', 'openTSNE', 'sklearn', 'scipy', 'numba', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_umap_keeps_what_it_compiles_in_our_folder(tmp_path):
    """A container may not write beside the library or into the home folder; numba then refuses to import UMAP."""
    (tmp_path / "library.py").write_text("import numba\n@numba.njit(cache=True)\ndef one():\n    return 1\n")
    code = (
        "from embedcore.maps import umap_maker; umap_maker._keep_compiled_code(); import library; "
        "print(library.one.stats.cache_path)"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "embedcore" / "numba")
