"""How many threads the work takes: by the machine, or by EMBEDCORE_THREADS; and that the number arrives."""

import os
from dataclasses import replace

import numpy as np
import pytest
import scipy.spatial

import embedcore
from embedcore.engine import threads
from embedcore.engine.generic_graphs import open_graph
from embedcore.engine.providers import CPU
from embedcore.engine.sessions import open_session
from embedcore.errors import EmbedcoreError
from embedcore.maps.layouts import lay_out
from embedcore.maps.map_neighbors import map_neighbors
from embedcore.maps.methods import METHODS
from embedcore.maps.recipe import N_NEIGHBORS
from embedcore.space.neighbors import NeighborIndex
from embedcore.space.ranks import neighbor_ranks


def machine(monkeypatch, tmp_path, *, affinity: int, quota: str | None):
    """Let this process run on `affinity` cores, in a control group that says `quota` (None: there is no such file)."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(affinity)), raising=False)
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota)
    monkeypatch.setattr(threads, "_QUOTA_FILE", file)


@pytest.mark.parametrize(
    ("affinity", "quota", "written", "cores", "expected"),
    [
        (1, None, None, 1, 1),
        (2, None, None, 2, 2),
        (8, None, None, 8, 8),
        (64, None, None, 64, 8),  # the limit of the default
        (64, "max 100000\n", None, 64, 8),
        (64, "400000 100000\n", None, 4, 4),
        (64, "250000 100000\n", None, 2, 2),
        (64, "50000 100000\n", None, 1, 1),  # half a core still runs one thread
        (2, "400000 100000\n", None, 2, 2),
        (4, "nonsense", None, 4, 4),
        (4, "100000 0", None, 4, 4),
        (2, None, "", 2, 2),
        (2, None, "16", 2, 16),
        (64, "100000 100000", " 3 ", 1, 3),
        (2, None, "1024", 2, 1024),
    ],
)
def test_threads_by_truth_table(monkeypatch, tmp_path, affinity, quota, written, cores, expected):
    machine(monkeypatch, tmp_path, affinity=affinity, quota=quota)
    monkeypatch.delenv("EMBEDCORE_THREADS", raising=False)
    if written is not None:
        monkeypatch.setenv("EMBEDCORE_THREADS", written)
    assert threads.usable_cores() == cores
    assert threads.n_threads() == expected


def test_every_core_counts_where_the_system_knows_no_affinity(monkeypatch, tmp_path):
    machine(monkeypatch, tmp_path, affinity=1, quota=None)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert threads.usable_cores() == 6


@pytest.mark.parametrize("written", ["0", "-1", "two", "2.5", "1025", "99999999999", "1e3", "٣", "2,4"])
def test_another_value_is_named_with_the_remedy(monkeypatch, tmp_path, written):
    machine(monkeypatch, tmp_path, affinity=64, quota="300000 100000")
    monkeypatch.setenv("EMBEDCORE_THREADS", written)
    message = rf"EMBEDCORE_THREADS is '{written}', but must be a whole number from 1 to 1,024: .* unset it to take 3$"
    with pytest.raises(EmbedcoreError, match=message):
        threads.n_threads()
    with pytest.raises(EmbedcoreError, match=message):  # and not as a fault of the file
        embedcore.open_model("toy", provider="cpu")


@pytest.mark.parametrize("number", ["1", "3"])
def test_the_number_reaches_every_session(monkeypatch, number):
    """The sessions of a model, of a generic graph and of a search all get the number in the same place."""
    monkeypatch.setenv("EMBEDCORE_THREADS", number)
    given = []

    def spy(*rest, **named):
        given.append(open_session(*rest, **named))
        return given[-1]

    for module in ("engine.local", "engine.generic_graphs"):
        monkeypatch.setattr(f"embedcore.{module}.open_session", spy)
    embedcore.open_model("toy", provider="cpu")
    open_graph("alibi", (CPU,), has_arena=False)
    NeighborIndex(np.eye(3, 4))
    assert len(given) == 3
    for session in given:
        options = session.get_session_options()
        assert options.intra_op_num_threads == int(number)
        assert options.inter_op_num_threads == 1
        assert options.log_severity_level == 4
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert [session.get_session_options().enable_cpu_mem_arena for session in given] == [True, False, True]


def test_the_number_reaches_the_tree_of_a_maps_points(monkeypatch):
    monkeypatch.setenv("EMBEDCORE_THREADS", "3")
    workers = []

    class Tree(scipy.spatial.cKDTree):
        def query(self, *rest, **named):
            workers.append(named["workers"])
            return super().query(*rest, **named)

    monkeypatch.setattr(scipy.spatial, "cKDTree", Tree)
    map_neighbors(np.random.default_rng(0).normal(size=(50, 2)), 5)
    assert set(workers) == {3}


def test_the_number_reaches_t_sne_and_changes_no_bit_of_it(monkeypatch):
    """t-SNE uses threads above 10,000 rows; a few iterations show what all of them would."""
    import openTSNE

    jobs = []

    class Embedding(openTSNE.TSNEEmbedding):
        def __new__(cls, *rest, **named):
            jobs.append(named["n_jobs"])
            return super().__new__(cls, *rest, **named)

    monkeypatch.setattr(openTSNE, "TSNEEmbedding", Embedding)
    short = replace(METHODS["tsne"], parameters={"phases": [[25, 12.0, 2.0], [25, 1.0, 1.0]]})
    monkeypatch.setitem(METHODS, "tsne", short)
    vectors = np.random.default_rng(0).normal(size=(10_001, 6)).astype(np.float32)
    index = NeighborIndex(vectors)
    graph = index.graph(N_NEIGHBORS)
    maps = []
    for number in ("1", "2", "3"):
        monkeypatch.setenv("EMBEDCORE_THREADS", number)
        maps.append(lay_out(vectors, method="tsne", index=index, graph=graph).coordinates)
    assert jobs == [1, 2, 3]
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[0], maps[2])


@pytest.mark.parametrize("number", ["1", "2", "5"])
def test_ranks_neighbors_and_points_nearby_do_not_depend_on_the_number(monkeypatch, number):
    random = np.random.default_rng(1)
    vectors = random.normal(size=(700, 16)).astype(np.float32)
    monkeypatch.setenv("EMBEDCORE_THREADS", number)
    near = NeighborIndex(vectors).graph(10)
    # Slow and obvious, in float64.
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    np.testing.assert_array_equal(near.token_ids, expected)
    np.testing.assert_array_equal(neighbor_ranks(vectors, expected), np.tile(np.arange(1, 11), (700, 1)))
    spots = vectors[:, :2].astype(np.float64)
    squares = ((spots[:, None] - spots[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(squares, np.inf)
    np.testing.assert_array_equal(map_neighbors(spots, 4), np.argsort(squares, axis=1, kind="stable")[:, :4])
