"""A map's job: one value for page, server and map maker, whose key names the finished file."""

import json
from dataclasses import FrozenInstanceError, replace
from typing import get_args

import pytest

from embedcore.errors import EmbedcoreError
from embedcore.maps.failure import Failure, ended, without_texts
from embedcore.maps.job import MapJob
from embedcore.maps.jobs import Jobs
from embedcore.maps.memory_kills import memory_kills
from embedcore.maps.recipe import Recipe
from embedcore.model.stages import STAGES

JOB = MapJob("m", "ab", "token vectors", Recipe("axes", 2, (2, 0), seed=7), "rows", (" yes - no", "é"))


def test_a_job_is_read_as_it_was_written():
    assert MapJob.from_json(JOB.to_json()) == JOB
    assert hash(MapJob.from_json(JOB.to_json())) == hash(JOB)
    with pytest.raises(FrozenInstanceError):
        JOB.model = "other"


def test_the_key_names_the_finished_file_and_differs_with_every_field(own_cache):
    others = [
        JOB,
        replace(JOB, model="n"),
        replace(JOB, sha256="ac"),
        replace(JOB, sha256=None),
        replace(JOB, stage="sums at position 0"),
        replace(JOB, rows=None),
        replace(JOB, axes=(" yes - no",)),
        *(replace(JOB, recipe=replace(JOB.recipe, **change)) for change in (
            {"method": "pca"}, {"n_components": 3}, {"components": (0, 2)}, {"seed": 8},
        )),
    ]  # fmt: skip
    assert len({job.key for job in others}) == len(others)
    for job in others:
        assert Jobs().path(job) == own_cache / "maps" / f"{job.key}.npz"


def test_the_key_is_the_one_that_kept_maps_have():
    """The key is the sha256 of the sorted JSON, as before jobs had a class, so that kept maps are found again."""
    import hashlib

    old = {
        "model": "m", "sha256": "ab", "stage": "token vectors", "rows": "rows",
        "recipe": {"method": "axes", "n_components": 2, "components": [2, 0], "seed": 7},
        "axes": [" yes - no", "é"],
        "ingredients": {"version": 2, "n_neighbors": 15, "min_cluster_size": 10, "parameters": {}},
    }  # fmt: skip
    assert JOB.key == hashlib.sha256(json.dumps(old, sort_keys=True).encode()).hexdigest()[:32]


def test_a_job_of_another_version_of_the_program_is_refused():
    values = JOB.values()
    values["ingredients"] = {**values["ingredients"], "version": 1}
    with pytest.raises(EmbedcoreError, match="embedcore has changed since this map was asked for"):
        MapJob.from_json(json.dumps(values))


@pytest.mark.parametrize("change", [{"rows": 5, "extra": 1}, {"stage": "logits"}, {"axes": 3}, {"recipe": None}])
def test_what_is_no_job_is_refused(change):
    with pytest.raises(EmbedcoreError):
        MapJob.from_json(json.dumps({**JOB.values(), **change}))


def test_stages_are_those_that_a_job_may_have():
    assert set(STAGES) == set(get_args(MapJob.__annotations__["stage"]))


def test_a_failure_names_file_and_line_of_our_own_code(tmp_path):
    printed = (
        "Traceback (most recent call last):\n"
        f'  File "{Jobs.__module__}", line 1, in <module>\n'
        f'  File "{__import__("embedcore").__file__}", line 12, in <module>\n'
        f'  File "{tmp_path}/library.py", line 3, in <module>\n'
        "ImportError: gone\n"
    )
    failure = ended(1, printed, None)
    assert failure == Failure(
        "broken",
        "the map maker ended with status 1 before the map was done: ImportError: gone (at embedcore/__init__.py:12)",
        "ended with status 1",
        "embedcore/__init__.py:12",
    )
    assert ended(3, "\n", None).message == "the map maker ended with status 3 before the map was done: it said nothing"


def test_a_failure_is_read_as_it_was_sent():
    from dataclasses import asdict

    failure = Failure.of(KeyError("x"))
    assert Failure.from_json(asdict(failure)) == failure
    for wrong in (
        None,
        [],
        {},
        {"cause": "luck", "message": ""},
        {"cause": "memory", "message": 1},
        {"cause": "memory"},
    ):
        with pytest.raises(ValueError, match="did not send the fields of a failure"):
            Failure.from_json(wrong)


def test_readers_texts_are_taken_out_the_longest_first():
    assert without_texts("a cat; cat - dog!", ("cat", " cat - dog", "")) == "a …; …!"


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, None),
        ({"proc/vmstat": "nr_free_pages 1\noom_kill 2\n"}, 2),
        ({"proc/self/cgroup": "0::/box\n", "sys/fs/cgroup/box/memory.events": "oom 3\noom_kill 4\noom_group_kill 0\n"}, 4),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": "oom_kill 5\n", "proc/vmstat": "oom_kill 9"}, 5),
        ({"proc/self/cgroup": "4:memory:/a/b\n0::/\n", "sys/fs/cgroup/memory/a/b/memory.oom_control": "under_oom 0\noom_kill 6\n"}, 6),
        ({"proc/self/cgroup": "4:memory:/a/b\n", "sys/fs/cgroup/memory/memory.oom_control": "under_oom 0\noom_kill 7\n"}, 7),
        ({"proc/self/cgroup": "4:cpu:/a\n", "proc/vmstat": "oom_kill 8\n"}, 8),
    ],
)  # fmt: skip
def test_the_kernels_count_of_processes_killed_for_memory_is_read(tmp_path, files, count):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert memory_kills(tmp_path) == count
