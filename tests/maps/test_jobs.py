"""Long work in a real process of its own: watched, joined, refused, ended, and nothing half left behind."""

import logging
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedcore.cache import cache_folder, remove_temporary_folder
from embedcore.errors import EmbedcoreError
from embedcore.maps.file import read_map, vectors_sha256
from embedcore.maps.job import MapJob
from embedcore.maps.jobs import Jobs, Status
from embedcore.maps.recipe import Recipe
from embedcore.model.id_sets import pack_ids

pytestmark = pytest.mark.usefixtures("own_cache")

ROWS = np.sort(np.random.default_rng(0).choice(50_257, 60, replace=False))


@pytest.fixture
def jobs(own_cache):
    jobs = Jobs()
    yield jobs
    if (process := process_of(jobs)) is not None and process.poll() is None:
        process.kill()
        process.wait()


def process_of(jobs):
    return None if jobs._maker is None else jobs._maker.process


def job(rows=ROWS, *, method="pca", seed=0, n_components=2, axes=()):
    packed = None if rows is None else pack_ids(rows, 50_257)
    return MapJob("pydoc-gpt", None, "token vectors", Recipe(method, n_components, seed=seed), packed, axes)


def until(jobs, map_job, is_reached, seconds=120):
    """Return every status that was seen until one is `is_reached`."""
    seen = [jobs.status(map_job)]
    end = time.monotonic() + seconds
    while not is_reached(seen[-1]):
        assert time.monotonic() < end, seen
        time.sleep(0.005)
        if (status := jobs.status(map_job)) != seen[-1]:
            seen.append(status)
    return seen


def is_over(status):
    return not status.is_running


def is_at_work(status):
    assert status.is_running, status
    return status.doing not in ("", "starting")


def leftovers(jobs, map_job):
    return sorted(path.name for path in jobs.path(map_job).parent.iterdir())


def test_a_map_is_made_watched_and_read(jobs, pydoc):
    map_job = job(method="tsne")
    assert jobs.status(map_job) == Status(is_running=False)
    assert not jobs.path(map_job).exists()
    jobs.start(map_job)
    seen = until(jobs, map_job, is_over)
    assert seen[0] == Status(is_running=True, doing="starting")
    shares = [status.share for status in seen if status.doing == "t-SNE"]
    assert shares == sorted(shares)
    assert {status.doing for status in seen} & {"exact neighbors", "t-SNE", "fidelity", "clusters"}
    assert all(0 <= status.share <= 1 for status in seen)
    assert seen[-1] == Status(is_running=False)
    stored = read_map(jobs.path(map_job), vectors_sha256(pydoc.table[ROWS]))
    assert stored.coordinates.shape == (60, 2)
    assert stored.provenance["method"] == "tsne"
    assert leftovers(jobs, map_job) == [jobs.path(map_job).name]


def test_the_maps_numbers_are_those_of_its_rows(jobs, pydoc):
    map_job = job()
    jobs.start(map_job)
    assert until(jobs, map_job, is_over)[-1] == Status(is_running=False)
    stored = read_map(jobs.path(map_job), vectors_sha256(pydoc.table[ROWS]))
    centered = pydoc.table[ROWS].astype(np.float64)
    centered -= centered.mean(axis=0)
    left, values, _ = np.linalg.svd(centered, full_matrices=False)
    expected = left[:, :2] * values[:2]
    step = np.ptp(expected, axis=0).max() / 65_534
    np.testing.assert_allclose(np.abs(stored.coordinates), np.abs(expected), rtol=0, atol=0.51 * step + 1e-6)


def test_who_asks_for_the_same_joins_and_who_asks_for_another_waits(jobs):
    map_job, other = job(None, method="tsne"), job()
    jobs.start(map_job)
    process = process_of(jobs)
    jobs.start(job(None, method="tsne"))  # equal, and another object
    assert process_of(jobs) is process
    with pytest.raises(EmbedcoreError, match="another map is being computed on this server: wait until it is done"):
        jobs.start(other)
    assert jobs.status(other) == Status(is_running=False)
    jobs.cancel(other)  # cancels its own alone
    assert process.poll() is None
    assert jobs.status(map_job).is_running


def test_a_cancelled_job_ends_leaves_nothing_and_can_start_anew(jobs):
    map_job = job(None, method="tsne")
    jobs.start(map_job)
    process = process_of(jobs)
    until(jobs, map_job, is_at_work)
    jobs.cancel(map_job)
    assert process.wait(20) == -9
    assert jobs.status(map_job) == Status(is_running=False, doing="cancelled")
    assert leftovers(jobs, map_job) == []
    jobs.start(map_job)  # at once: what the first one's end says is not taken for the second's
    assert process_of(jobs) is not process
    until(jobs, map_job, is_at_work)
    jobs.cancel(map_job)
    other = job()
    jobs.start(other)
    assert until(jobs, other, is_over)[-1] == Status(is_running=False)
    assert jobs.status(map_job).doing == "cancelled"
    assert leftovers(jobs, other) == [jobs.path(other).name]


@pytest.mark.parametrize(
    ("map_job", "sentence"),
    [
        (job(ROWS[:10], method="tsne"), "10 points are fewer than a layout by 15 neighbors needs: choose 17 or more, or draw them with 'pca'"),
        (job(method="axes", axes=(" list", "#262 - #262")), "cancel: a zero vector has no direction"),
        (job(method="magic"), "there is no layout 'magic': choose tsne or umap"),
        (replace(job(), model="gpt-9"), "gpt-9"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_says_why(jobs, map_job, sentence):
    jobs.start(map_job)
    last = until(jobs, map_job, is_over)[-1]
    assert last.failure.cause == "refused"
    assert sentence in last.failure.message
    assert not jobs.path(map_job).exists()


@pytest.mark.parametrize(
    ("counts", "cause", "message"),
    [
        ((None, None), "memory", "the map maker was ended by signal 9, as a system that is out of memory does: try fewer rows"),
        ((3, 4), "memory", "the system is out of memory, and the map maker was ended by signal 9: try fewer rows"),
        ((3, 3), "broken", "the map maker was ended by signal 9 (Killed), but not for lack of memory: compute the map again"),
    ],
)  # fmt: skip
def test_a_killed_maker_speaks_of_memory_only_where_the_kernel_may_have_killed_it(own_cache, counts, cause, message):
    counted = iter(counts)
    jobs, map_job = Jobs(lambda: next(counted)), job(None, method="tsne")
    jobs.start(map_job)
    until(jobs, map_job, is_at_work)
    process_of(jobs).kill()
    failure = until(jobs, map_job, is_over)[-1].failure
    assert (failure.cause, failure.message, failure.kind) == (cause, message, "ended by signal 9")


def test_a_terminated_maker_says_by_which_signal(jobs):
    map_job = job(None, method="tsne")
    jobs.start(map_job)
    until(jobs, map_job, is_at_work)
    process_of(jobs).terminate()
    failure = until(jobs, map_job, is_over)[-1].failure
    assert (failure.cause, failure.message) == ("broken", "the map maker was ended by signal 15 (Terminated)")


def test_a_makers_end_is_told_though_another_has_started(jobs):
    for seed in range(4):  # who comes first, the word of the end or the start, is up to the system
        dying, next_one = job(None, method="tsne", seed=seed), job(seed=seed)
        jobs.start(dying)
        process_of(jobs).kill()
        process_of(jobs).wait()
        jobs.start(next_one)
        assert "ended by signal 9" in until(jobs, dying, is_over, seconds=10)[-1].failure.message
        assert until(jobs, next_one, is_over)[-1] == Status(is_running=False)


def test_old_maps_and_halves_make_room(jobs):
    map_job = job(ROWS[:6])
    folder = jobs.path(map_job).parent
    folder.mkdir()
    for age in range(45):
        (folder / f"{age:02}.npz").write_bytes(b"")
        os.utime(folder / f"{age:02}.npz", (1e9 - age, 1e9 - age))
    (folder / ".00.npz.half").write_bytes(b"what a killed writer left")
    os.utime(folder / ".00.npz.half", (1e9, 1e9))
    (folder / ".01.npz.half").write_bytes(b"what another server is writing at this moment")
    jobs.start(map_job)
    assert leftovers(jobs, map_job) == [".01.npz.half", *(f"{age:02}.npz" for age in range(40))]
    until(jobs, map_job, is_over)


def test_a_map_that_another_server_removes_meanwhile_is_no_error(jobs, monkeypatch):
    folder = jobs.path(job()).parent
    folder.mkdir()
    for age in range(45):
        (folder / f"{age:02}.npz").write_bytes(b"")
    stat = Path.stat

    def removed(path, **kwargs):
        if path.name == "07.npz":
            path.unlink(missing_ok=True)
        return stat(path, **kwargs)

    monkeypatch.setattr(Path, "stat", removed)
    jobs.start(job())
    assert until(jobs, job(), is_over)[-1] == Status(is_running=False)


NOISE = "import os\nos.write(1, b'a library in C prints here\\n')\n"
LAYOUT = r" \(at embedcore/maps/\w+\.py:\d+\)"
DOORS = r" \(at embedcore/\w+/\w+\.py:\d+\)"


@pytest.mark.parametrize(
    ("library", "code", "cause", "kind", "sentence"),
    [
        ("umap", "raise RuntimeError('cannot cache function: no locator')", "broken", "RuntimeError", "the map could not be made: RuntimeError: cannot cache function: no locator" + LAYOUT),
        ("umap", "import nothing_like_it", "broken", "ModuleNotFoundError", "the map could not be made: ModuleNotFoundError: No module named 'nothing_like_it'" + LAYOUT),
        ("umap", "raise MemoryError('Unable to allocate 9 GiB')", "memory", "", r"the memory is too small for this map \(MemoryError: Unable to allocate 9 GiB\): try fewer rows"),
        ("umap", "raise OSError(28, 'No space left on device')", "broken", "OSError", r"the map could not be made: OSError: \[Errno 28\] No space left on device" + LAYOUT),
        ("umap", "os.kill(os.getpid(), 6)", "broken", "ended by signal 6", r"the map maker was ended by signal 6 \(Aborted\)"),
        ("umap", "os._exit(3)", "broken", "ended with status 3", "the map maker ended with status 3 before the map was done: a library in C prints here"),
        ("onnx", "raise ImportError('onnx is broken')", "broken", "ended with status 1", "the map maker ended with status 1 before the map was done: ImportError: onnx is broken" + DOORS),
    ],
)  # fmt: skip
def test_a_failing_maker_says_what_failed_and_where(
    jobs, tmp_path, monkeypatch, caplog, library, code, cause, kind, sentence
):
    (tmp_path / f"{library}.py").write_text(NOISE + code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    map_job = job(method="umap")
    with caplog.at_level(logging.ERROR, "embedcore"):
        jobs.start(map_job)
        last = until(jobs, map_job, is_over)[-1]
    assert (last.is_running, last.failure.cause, last.failure.kind) == (False, cause, kind)
    assert re.fullmatch(sentence, last.failure.message)
    assert last.failure.place == "" or last.failure.message.endswith(f" (at {last.failure.place})")
    assert leftovers(jobs, map_job) == []
    [line] = logged(caplog, last.failure)
    assert (kind or "memory") in line.partition("\n")[0]
    assert ("a library in C prints here" if library == "umap" else "onnx is broken") in line


def logged(caplog, failure):
    """Return the log's lines on a failure, which comes to the log just after its reader is told."""
    end = time.monotonic() + 10
    while not (lines := [line for line in caplog.messages if f"incident {failure.incident}: " in line]):
        assert time.monotonic() < end, caplog.messages
        time.sleep(0.005)
    return lines


def test_a_library_that_is_not_installed_is_named(jobs, tmp_path, monkeypatch, caplog):
    """The import of openTSNE fails, as on a machine without it, whatever folder it lies in."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'openTSNE': raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    map_job = job(method="tsne")
    jobs.start(map_job)
    failure = until(jobs, map_job, is_over)[-1].failure
    assert failure.cause == "broken"
    assert failure.kind == "ModuleNotFoundError"
    file, line = failure.place.split(":")
    assert "import openTSNE" in (Path(__file__).parents[2] / file).read_text().splitlines()[int(line) - 1]
    assert (
        failure.message
        == f"the map could not be made: ModuleNotFoundError: No module named 'openTSNE' (at {failure.place})"
    )
    [logged_line] = logged(caplog, failure)
    assert f"ModuleNotFoundError at {failure.place}" in logged_line
    assert "import openTSNE" in logged_line  # its standard error: the places in the code


def test_the_log_holds_no_text_of_a_reader(jobs, tmp_path, monkeypatch, caplog):
    (tmp_path / "scipy.py").write_text(
        "import os\nos.write(2, b'the secret is  secret\\n')\nraise RuntimeError('a secret')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    map_job = job(method="axes", axes=(" secret", " list"))
    jobs.start(map_job)
    failure = until(jobs, map_job, is_over)[-1].failure
    assert failure.kind == "RuntimeError"
    [line] = logged(caplog, failure)
    assert "the … is" in line
    assert "secret" not in line
    assert "list" not in line.partition("\n")[0]


def test_what_is_refused_is_no_incident(jobs, caplog):
    map_job = replace(job(), model="gpt-9")
    jobs.start(map_job)
    failure = until(jobs, map_job, is_over)[-1].failure
    assert failure.incident == ""
    assert not [line for line in caplog.messages if "incident" in line]


def test_a_maker_that_cannot_be_started_says_so(jobs, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(EmbedcoreError, match=r"the map maker cannot be started \(No such file or directory\)"):
        jobs.start(job())
    assert jobs.status(job()) == Status(is_running=False)


def test_a_server_that_ends_ends_its_map_maker(jobs):
    jobs.close()
    jobs.start(job(None, method="tsne"))
    process = process_of(jobs)
    jobs.close()
    assert process.poll() == -9


def test_where_no_home_can_be_written_the_maker_shares_the_servers_temporary_folder(jobs, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    cache_folder.cache_clear()
    for map_job, wanted in ((job(), is_over), (job(None), is_at_work)):
        jobs.start(map_job)
        until(jobs, map_job, wanted)
    jobs.close()
    assert list((tmp_path / "temporary").iterdir()) == [cache_folder().parent]
    remove_temporary_folder()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_other_files_other_seeds_and_other_rows_are_other_maps(jobs):
    paths = {
        jobs.path(map_job)
        for map_job in (
            job(),
            job(seed=1),
            job(ROWS[1:]),
            job(None),
            replace(job(), sha256="a"),
            replace(job(), sha256="b"),
        )
    }
    assert len(paths) == 6
    assert jobs.path(job()) == jobs.path(job())
    assert {path.parent for path in paths} == {cache_folder() / "maps"}
