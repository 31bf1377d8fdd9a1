"""Every function that takes vectors, on every awkward table: right against float64, or a ShapeError; never NaN."""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from embedcore.audit.indicators import audit
from embedcore.errors import ShapeError
from embedcore.figures.histogram import bins
from embedcore.maps.alignment import procrustes
from embedcore.maps.clusters import central_tokens, cluster, cohesion
from embedcore.maps.fidelity import fidelity
from embedcore.maps.grid import Grid
from embedcore.maps.layouts import NeighborMap, lay_out
from embedcore.maps.linear import along
from embedcore.maps.map_neighbors import map_neighbors
from embedcore.maps.point_colors import scale_colors
from embedcore.maps.project import project
from embedcore.space.metrics import METRICS, all_scores
from embedcore.space.neighbors import NeighborIndex, neighbors
from embedcore.space.ranks import neighbor_ranks
from embedcore.space.two_tables import compare_tables
from tests.awkward import REFUSED, TABLES


def wide(table):
    return np.asarray(table, np.float64)


@pytest.fixture(params=TABLES, ids=lambda name: name)
def table(request):
    return TABLES[request.param]


def centered(table):
    """Return the rows minus their mean, exactly 0 where all rows are equal."""
    rows = wide(table) - wide(table)[0]
    return rows - rows.mean(axis=0)


def true_shares(table):
    rows = centered(table)
    largest = np.abs(rows).max() or 1.0
    values = np.linalg.svd(rows / largest, compute_uv=False) ** 2
    return values / (values.sum() or 1.0)


def test_components_are_those_of_float64(table):
    if len(table) < 2:
        with pytest.raises(ShapeError, match="at least 2"):
            project(table)
        return
    k = min(3, *table.shape)
    projection = project(table, n_components=k)
    assert np.isfinite(projection.coordinates).all()
    shares, rows = true_shares(table)[:k], centered(table)
    np.testing.assert_allclose(projection.explained_variance_ratio, shares, rtol=1e-4, atol=1e-14)
    assert ((projection.explained_variance_ratio == 0) | (projection.explained_variance_ratio > 1e-28)).all()
    np.testing.assert_allclose(projection.components @ projection.components.T, np.eye(k), rtol=0, atol=1e-6)
    # A point is its row along the components, and a component stands where float64's does wherever it stands alone.
    length = float(np.sqrt((rows**2).sum(axis=1)).max())
    np.testing.assert_allclose(projection.coordinates, rows @ projection.components.T, rtol=0, atol=1e-5 * length)
    spreads = np.sqrt((wide(projection.coordinates / (length or 1)) ** 2).sum(axis=0))
    truth = np.sqrt(shares * ((rows / (length or 1)) ** 2).sum())
    np.testing.assert_allclose(spreads, truth, rtol=1e-4, atol=1e-12)
    points = projection.transform(table)
    np.testing.assert_allclose(
        points, projection.coordinates, rtol=0, atol=1e-5 * length + 1e-15 * np.abs(wide(table)).max()
    )
    np.testing.assert_array_equal(projection.transform(table[3:5])[:1], points[3:4])


@pytest.mark.parametrize("factor", [1e3, 1e6])
@pytest.mark.parametrize("kind", ["", "float64, "])
def test_the_second_component_is_itself_beside_a_huge_first(factor, kind):
    table = TABLES[f"{kind}a direction × {factor:g}"]
    projection = project(table, n_components=3)
    _, _, directions = np.linalg.svd(centered(table), full_matrices=False)
    np.testing.assert_allclose(np.abs((projection.components * directions[:3]).sum(axis=1)), 1, rtol=0, atol=1e-6)
    for axis in range(3):
        truth = centered(table) @ directions[axis]
        truth *= np.sign(projection.components[axis] @ directions[axis])
        np.testing.assert_allclose(projection.coordinates[:, axis], truth, rtol=0, atol=1e-4 * np.abs(truth).max())


def test_own_axes_are_dot_products_of_float64(table):
    directions = np.stack([wide(table)[0], np.arange(1.0, table.shape[1] + 1)])
    if not directions.any(axis=1).all():
        with pytest.raises(ShapeError, match="points nowhere"):
            along(table, directions)
        directions[0] = 1.0
    computed = along(table, directions)
    largest = np.abs(directions).max(axis=1, keepdims=True)
    units = directions / largest
    units /= np.linalg.norm(units, axis=1)[:, None]
    np.testing.assert_allclose(
        computed.coordinates, wide(table) @ units.T, rtol=2e-7, atol=1e-7 * np.abs(wide(table)).max()
    )
    np.testing.assert_array_equal(computed.transform(table), computed.coordinates)
    rows = centered(table)
    rows /= np.abs(rows).max() or 1.0
    np.testing.assert_allclose(
        computed.explained_variance_ratio,
        ((rows @ units.T) ** 2).sum(axis=0) / ((rows**2).sum() or 1),
        rtol=1e-6,
        atol=1e-14,
    )


@pytest.mark.parametrize("metric", METRICS)
def test_neighbors_are_those_of_float64(table, metric):
    queries = table[:6]
    answer = neighbors(table, queries, k=4, metric=metric)
    for query, ids, scores in zip(queries, answer.token_ids, answer.scores, strict=True):
        every = all_scores(table, query, metric=metric)
        assert np.isfinite(every).all()
        np.testing.assert_array_equal(
            ids, np.lexsort((np.arange(len(table)), every if metric == "euclidean" else -every))[:4]
        )
        np.testing.assert_array_equal(scores, every[ids])
    _scores_are_float64s(table, queries[0], metric)
    if len(table) > 4:
        graph = NeighborIndex(table, metric=metric).graph(3)
        assert (graph.token_ids != np.arange(len(table))[:, None]).all()
        ranks = neighbor_ranks(table, graph.token_ids, metric=metric)
        np.testing.assert_array_equal(ranks, np.tile([1, 2, 3], (len(table), 1)))


def _scores_are_float64s(table, query, metric):
    rows, one = wide(table), wide(query)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
    truth = {
        "dot": rows @ one,
        "euclidean": np.linalg.norm(rows - one, axis=1),
        "cosine": np.divide(rows @ one, lengths, out=np.zeros(len(rows)), where=lengths > 0),
    }[metric]
    size = {"dot": lengths, "euclidean": np.linalg.norm(rows, axis=1) + np.linalg.norm(one), "cosine": 1.0}[metric]
    assert (np.abs(all_scores(table, query, metric=metric) - truth) <= 1e-13 * size).all()


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_bound_stays_as_it_was(metric):
    table = TABLES["scale 1"].copy()
    before = neighbors(table, table[:5], k=4, metric=metric)
    for bound in (table, table[::1], table.T.copy().T):
        index = NeighborIndex(bound, metric=metric)
        queries = bound[:5].copy()
        bound[::2] = np.nan
        assert index.search(queries, k=4) == before
        table[:] = TABLES["scale 1"]
    frozen = TABLES["read-only"]
    assert NeighborIndex(frozen, metric=metric).table is frozen  # nobody can write into it: no copy


def test_indicators_and_isotropy_are_those_of_float64(table):
    if len(table) < 2:
        with pytest.raises(ShapeError, match="2 rows or more"):
            audit(table)
        return
    report = audit(table, unused=np.array([0, 1]))
    rows = wide(table)
    np.testing.assert_allclose(report.norm.values, np.linalg.norm(rows, axis=1), rtol=1e-12, atol=0)
    length = np.linalg.norm(rows, axis=1).max()
    np.testing.assert_allclose(
        report.distance.values, np.linalg.norm(centered(table), axis=1), rtol=1e-9, atol=1e-14 * length
    )
    shares = report.isotropy.variance_shares
    np.testing.assert_allclose(
        shares,
        true_shares(table)[: len(shares)].tolist() + [0] * (len(shares) - min(table.shape)),
        rtol=1e-4,
        atol=1e-12,
    )
    assert ((shares == 0) | (shares > 1e-14)).all()
    assert -1 <= report.isotropy.mean_cosine <= 1
    for indicator in report.indicators:
        assert np.isfinite(indicator.values).all()
    if report.cosine is not None:
        assert (np.abs(report.cosine.values) <= 1).all()


def test_maps_of_it_are_measured_clustered_and_drawn(table):
    points = wide(table)[:, :2].astype(np.float32)
    grid = Grid.of(points)
    size = float(np.ptp(wide(points), axis=0).max())
    np.testing.assert_allclose(grid.coordinates(grid.steps(points)), points, rtol=3e-7, atol=size / 65_534)
    colors = scale_colors("x", table[:, 0])
    back = colors.offset + colors.unit * colors.codes.astype(float)
    np.testing.assert_allclose(back, wide(table)[:, 0], rtol=1e-12, atol=0.51 * colors.unit)
    counted = bins(wide(table)[:, 0])
    assert counted.counts.sum() == len(table)
    assert (np.diff(counted.edges) > 0).all()
    if len(table) > 8:
        k = 3
        np.testing.assert_array_equal(map_neighbors(points, k), map_neighbors(np.ldexp(wide(points), 4), k))
        [computed] = fidelity(table, [points], k=k)
        assert np.isfinite(computed.overlap).all()
        assert ((computed.trustworthiness >= 0) & (computed.trustworthiness <= 1)).all()
        labels = cluster(points, min_cluster_size=4)
        assert labels.shape == (len(table),)


def test_clusters_cohere_from_0_to_1(table):
    labels = (np.arange(len(table)) % 2).astype(np.int16)
    if len(table) < 2:
        labels[:] = 0
    computed = cohesion(labels, table)
    rows = wide(table)
    lengths = np.linalg.norm(rows, axis=1)
    units = np.divide(rows, lengths[:, None], out=np.zeros_like(rows), where=lengths[:, None] > 0)
    truth = [np.linalg.norm(units[labels == label].mean(axis=0)) for label in range(labels.max() + 1)]
    np.testing.assert_allclose(computed, truth, rtol=1e-6, atol=1e-9)
    assert ((computed >= 0) & (computed <= 1)).all()
    assert len(central_tokens(labels, table)) == labels.max() + 1


def test_one_map_is_laid_on_another_at_every_scale(table):
    points = wide(table)[:, :2]
    if len(points) < 2 or (points == points[0]).all():
        with pytest.raises(ShapeError):
            procrustes(points, points)
        return
    turned = 3.0 * (points @ np.array([[0.0, 1.0], [-1.0, 0.0]]) if points.shape[1] == 2 else points)
    alignment = procrustes(points, turned)
    size = np.abs(points).max()
    rounding = 1e-9 + 4e-16 * size / np.ptp(points, axis=0).max()  # of the points themselves, where they were turned
    assert alignment.scale == pytest.approx(1 / 3, rel=rounding)
    assert alignment.residual == pytest.approx(0, abs=rounding)
    np.testing.assert_allclose(alignment.apply(turned), points, rtol=1e-6, atol=1e-6 * size)


def test_two_tables_are_each_asked_by_the_metric(table):
    other = np.ascontiguousarray(table[::-1]) * table.dtype.type(0.5)
    for metric in METRICS:
        comparison = compare_tables(table, other, 0, k=3, metric=metric) if len(table) > 1 else None
        if comparison is None:
            continue
        for answer, rows in ((comparison.input, table), (comparison.output, other)):
            assert answer == neighbors(rows, rows[0], k=3, metric=metric) or (
                answer == NeighborIndex(rows, metric=metric).search(rows[0], k=3, without=np.array([0]))
            )
        assert -1 <= comparison.cosine <= 1


@pytest.mark.parametrize(
    "name",
    ["scale 1e-25", "scale 1e+25", "some rows zero", "parallel rows", "many equal rows", "float64", "one huge row"],
)
def test_a_row_of_the_table_lands_on_its_own_point(name):
    table = TABLES[name]
    points = np.random.default_rng(0).normal(size=(len(table), 2)).astype(np.float32)
    layout = NeighborMap(points, "tsne", NeighborIndex(table))
    first = [int(np.flatnonzero((table == row).all(axis=1))[0]) for row in table]
    np.testing.assert_array_equal(layout.transform(table), points[first])
    if not (table == 0).all(axis=1).any():
        with pytest.raises(ShapeError, match="vector 1 of 2 is zero and no row"):
            layout.transform(np.stack([table[0], 0 * table[0]]))


@pytest.mark.parametrize(
    "name", ["scale 1e-25", "scale 1e+25", "some rows zero", "many equal rows", "a direction × 1e+06"]
)
def test_a_layout_of_it_is_finite(name):
    assert np.isfinite(lay_out(TABLES[name], method="tsne").coordinates).all()


TAKERS = {
    "project": project,
    "along": lambda table: along(table, np.ones((1, table.shape[1]))),
    "transform": lambda table: project(np.eye(table.shape[1])).transform(table),
    "neighbors": lambda table: neighbors(table, np.ones((1, table.shape[1])), k=1),
    "queries": lambda table: neighbors(np.eye(table.shape[1]), table, k=1),
    "all_scores": lambda table: all_scores(table, np.ones(table.shape[1])),
    "neighbor_ranks": lambda table: neighbor_ranks(table, np.roll(np.arange(len(table)), 1)[:, None]),
    "audit": audit,
    "fidelity": lambda table: fidelity(table, [np.arange(len(table))[:, None]], k=2),
    "central_tokens": lambda table: central_tokens(np.zeros(len(table), np.int16), table),
    "cohesion": lambda table: cohesion(np.zeros(len(table), np.int16), table),
    "lay_out": lambda table: lay_out(table, method="tsne"),
    "compare_tables": lambda table: compare_tables(table, table, 0, k=1),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_function_can_take_is_refused(taker, name):
    table = REFUSED[name]
    if (taker, name) == ("transform", "float64 below its squares"):  # beside rows of length 1 they are all but 0
        np.testing.assert_allclose(TAKERS[taker](table), TAKERS[taker](0 * table), rtol=0, atol=0)
        return
    # Whole numbers meet the type checker of these tests first, where it watches.
    with pytest.raises((ShapeError, TypeError) if table.dtype.kind == "i" else ShapeError):
        TAKERS[taker](table)


def takers_of_vectors():
    """Return the public functions of the library's own modules with an argument of float vectors, [.., d_model]."""
    takers = set()
    library = Path(__file__).parents[2] / "embedcore"
    for path in sorted(library.rglob("*.py")):
        if path.relative_to(library).parts[0] in {"figures", "nn", "schemes"}:  # these have tests of their own
            continue
        name = ".".join(path.relative_to(library.parent).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(name)
        for function in vars(module).values():
            is_own = (
                inspect.isfunction(function) and function.__module__ == name and not function.__name__.startswith("_")
            )
            if is_own and any(
                "d_model" in getattr(hint, "dim_str", "") and str(hint.dtypes[0]).startswith(("float", "bfloat"))
                for argument, hint in inspect.unwrap(function).__annotations__.items()
                if argument != "return"
            ):
                takers.add(function.__name__)
    return takers


def test_every_function_that_takes_vectors_is_tried_here():
    tried = set(TAKERS) | {"project", "along"}
    parts_of_these = {
        "principal_components",
        "on_axes",
        "on_components",
        "closeness",
        "row_lengths",
        "principal",
        "kept",
        "float32_rows",
        "first_equal",
        "own_rows",
        "name_clusters",
    }
    whole_maps = {
        "make_map",
        "draw",
        "vectors_sha256",
    }  # project, along, lay_out, fidelity and cluster, one by one above
    of_models_outputs = {"normalized", "making", "is_scaled_sum"}  # a formula and comparisons, in test_composition
    assert takers_of_vectors() == (tried - {"transform", "queries"}) | parts_of_these | whole_maps | of_models_outputs
