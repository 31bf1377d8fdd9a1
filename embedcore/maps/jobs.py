"""Long work in a process of its own, started once for all who want it, so that the server stays free.

One map is made at a time, for it takes all cores. A finished one lies in the cache folder under its job's key.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TextIO

from embedcore.cache import cache_folder
from embedcore.errors import EmbedcoreError, new_incident
from embedcore.maps.failure import PACKAGE, Failure, ended, without_texts
from embedcore.maps.job import MapJob
from embedcore.maps.memory_kills import memory_kills

LOG: Final = logging.getLogger("embedcore")
_KEPT: Final = 40  # finished maps of the newest
_MOST_LOGGED: Final = 20_000  # characters of what a map maker printed, the last ones
_HALF: Final = 3_600  # seconds after which half a file is nobody's any more: it is written in less than one


@dataclass(frozen=True, slots=True)
class Status:
    """Where a job stands: what it is doing and the share of that, in [0, 1]; why it failed, where it did."""

    is_running: bool
    doing: str = ""
    share: float = 0.0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class _Maker:
    """A map maker at work: its process, its job, the file of what its libraries print, and a count before it began."""

    process: "subprocess.Popen[str]"
    job: MapJob
    notes: TextIO
    n_memory_kills: int | None


class Jobs:
    """The map makers of this server: at most one process, safe to share between threads.

    `count_memory_kills` says how often the kernel has ended a process for lack of memory; None: nobody can say.
    """

    def __init__(self, count_memory_kills: Callable[[], int | None] = memory_kills) -> None:
        self._lock = threading.Lock()
        self._maker: _Maker | None = None
        self._status: dict[str, Status] = {}
        self._count_memory_kills = count_memory_kills

    def path(self, job: MapJob) -> Path:
        """Return where the finished map of `job` lies, whether it is there or not."""
        return cache_folder() / "maps" / f"{job.key}.npz"

    def start(self, job: MapJob) -> None:
        """Start `job`, or join it where it runs already. Raises EmbedcoreError while another one runs."""
        path = self.path(job)
        with self._lock:
            if self._maker is not None and self._maker.process.poll() is None:
                if self._status[self._maker.job.key].is_running:
                    if self._maker.job == job:
                        return
                    msg = "another map is being computed on this server: wait until it is done, or cancel it"
                    raise EmbedcoreError(msg)
                self._maker.process.wait()  # it has sent its last line, and takes a moment to end
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _prune(path.parent)
                maker = self._started(job, path)
            except OSError as error:
                msg = f"the map maker cannot be started ({error.strerror or error}): is there memory and disk left?"
                raise EmbedcoreError(msg) from error
            self._maker = maker
            self._status[job.key] = Status(is_running=True, doing="starting")
            stdin = maker.process.stdin
            assert stdin is not None
            with contextlib.suppress(BrokenPipeError), stdin:  # how it ended says why it did not listen
                stdin.write(job.to_json())
        threading.Thread(target=self._watch, args=(maker,), daemon=True).start()

    def status(self, job: MapJob) -> Status:
        """Return where `job` stands; one that never ran is not running and has not failed."""
        return self._status.get(job.key, Status(is_running=False))

    def cancel(self, job: MapJob) -> None:
        """End `job`, if it runs. What it had done is lost, and nothing half is left behind."""
        with self._lock:
            if self._maker is not None and self._maker.job == job and self._maker.process.poll() is None:
                self._status[job.key] = Status(is_running=False, doing="cancelled")
                self._maker.process.kill()

    def close(self) -> None:
        """End whatever runs: the server does."""
        with self._lock:
            if self._maker is not None and self._maker.process.poll() is None:
                self._status[self._maker.job.key] = Status(is_running=False, doing="cancelled")
                self._maker.process.kill()
                self._maker.process.wait()

    def _started(self, job: MapJob, path: Path) -> _Maker:
        """Start a map maker, which keeps its files where this process does."""
        notes = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (closed where the end is reported)
        n_memory_kills = self._count_memory_kills()
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "embedcore.maps.worker", str(path)],
                cwd=PACKAGE.parent,
                env=os.environ | {"XDG_CACHE_HOME": str(cache_folder().parent)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=notes,
                text=True,
            )
        except OSError:
            notes.close()
            raise
        return _Maker(process, job, notes, n_memory_kills)

    def _watch(self, maker: _Maker) -> None:
        stdout = maker.process.stdout
        assert stdout is not None
        failure, is_done = None, False
        for line in stdout:
            try:
                step = json.loads(line)
                if "failure" in step:
                    failure = Failure.from_json(step["failure"])
                elif "done" in step:
                    is_done = True
                    self._set(maker, Status(is_running=False))
                else:
                    self._set(maker, Status(is_running=True, doing=step["doing"], share=step["share"]))
            except (ValueError, TypeError, KeyError):
                continue  # a library has printed while it was imported, or the line was cut off by the end
        stdout.close()
        exit_status = maker.process.wait()
        with maker.notes as notes:
            notes.seek(0)
            printed = notes.read()
        if not is_done:
            self._fail(maker, failure or ended(exit_status, printed, self._was_memory_short(maker)), printed)

    def _was_memory_short(self, maker: _Maker) -> bool | None:
        """Say whether the kernel has ended a process for lack of memory since the map maker began; None: unknown."""
        n_before, n_now = maker.n_memory_kills, self._count_memory_kills()
        return None if n_before is None or n_now is None else n_now > n_before

    def _fail(self, maker: _Maker, failure: Failure, printed: str) -> None:
        """Note why a job failed; the log gets what the reader is not shown, under an id, and no reader's text."""
        if failure.cause != "refused":
            failure = replace(failure, incident=new_incident())
        if not self._set(maker, Status(is_running=False, failure=failure)) or not failure.incident:
            return
        what = f"{failure.kind or failure.cause}{f' at {failure.place}' if failure.place else ''}"
        printed = without_texts(printed, maker.job.axes)[-_MOST_LOGGED:].strip() or "nothing"
        LOG.error(
            "incident %s: the maker of map %s: %s; it printed:\n%s", failure.incident, maker.job.key, what, printed
        )

    def _set(self, maker: _Maker, status: Status) -> bool:
        """Set the status of a map maker's job and return True, unless it was cancelled, and perhaps started anew."""
        key = maker.job.key
        with self._lock:
            is_its_own = self._maker is maker or (self._maker is not None and self._maker.job != maker.job)
            is_set = is_its_own and self._status[key].is_running
            if is_set:
                self._status[key] = status
        return is_set


def _prune(folder: Path) -> None:
    """Remove all but the newest maps, and half-written files of an hour ago, which killed writers left."""
    for partial in folder.glob(".*.npz.*"):
        if time.time() - _changed(partial) > _HALF:
            partial.unlink(missing_ok=True)
    for old in sorted(folder.glob("*.npz"), key=_changed, reverse=True)[_KEPT:]:
        old.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    """Return when a file was changed; that of one which another server has just removed is now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
