"""Long work in a process of its own: started once for all who want it, watched, ended; the server stays free.

One map is made at a time, for it takes all cores. A finished one lies in the cache folder under its recipe's hash.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from embedcore.cache import cache_folder
from embedcore.errors import EmbedcoreError

_ROOT: Final = Path(__file__).resolve().parents[2]
_KEPT: Final = 40  # finished maps of the newest
_HALF: Final = 3_600  # seconds after which half a file is nobody's any more: it is written in less than one


@dataclass(frozen=True, slots=True)
class Status:
    """Where a job stands: what it is doing and the share of that, in [0, 1]; `error` in words where it failed."""

    is_running: bool
    doing: str = ""
    share: float = 0.0
    error: str = ""


class Jobs:
    """The map makers of this server: at most one process, safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._key = ""
        self._status: dict[str, Status] = {}

    def path(self, job: Mapping[str, Any]) -> Path:
        """Return where the finished map of `job` lies, whether it is there or not."""
        key = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()[:32]
        return cache_folder() / "maps" / f"{key}.npz"

    def start(self, job: Mapping[str, Any]) -> None:
        """Start `job`, or join it where it runs already. Raises EmbedcoreError while another one runs."""
        path = self.path(job)
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                if self._status[self._key].is_running:
                    if self._key == path.stem:
                        return
                    msg = "another map is being computed on this server: wait until it is done, or cancel it"
                    raise EmbedcoreError(msg)
                self._process.wait()  # it has said its last word, and takes a moment to end
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _prune(path.parent)
                process, notes = _worker()
            except OSError as error:
                msg = f"the map maker cannot be started ({error.strerror or error}): is there memory and disk left?"
                raise EmbedcoreError(msg) from error
            self._process, self._key = process, path.stem
            self._status[path.stem] = Status(is_running=True, doing="starting")
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as lines:  # its end says why it did not listen
                lines.write(json.dumps({**job, "output": str(path)}))
        threading.Thread(target=self._watch, args=(process, path, notes), daemon=True).start()

    def status(self, job: Mapping[str, Any]) -> Status:
        """Return where `job` stands; one that never ran is not running and has no error."""
        return self._status.get(self.path(job).stem, Status(is_running=False))

    def cancel(self, job: Mapping[str, Any]) -> None:
        """End `job`, if it runs. What it had done is lost, and nothing half is left behind."""
        with self._lock:
            if self._process is not None and self._key == self.path(job).stem and self._process.poll() is None:
                self._status[self._key] = Status(is_running=False, doing="cancelled")
                self._process.kill()

    def close(self) -> None:
        """End whatever runs: the server does."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    def _watch(self, process: "subprocess.Popen[str]", path: Path, notes: TextIO) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                step = json.loads(line)
            except ValueError:
                continue  # a library has printed while it was imported, or the line was cut off by the end
            if "doing" in step:
                self._tell(process, path, Status(is_running=True, doing=step["doing"], share=step["share"]))
            else:
                self._tell(process, path, Status(is_running=False, error=step.get("error", "")))
        process.stdout.close()
        error = _how_it_ended(process.wait(), notes)
        self._tell(process, path, Status(is_running=False, error=error))  # no news where it said how it ended

    def _tell(self, process: "subprocess.Popen[str]", path: Path, status: Status) -> None:
        """Set the status of the job of `process`, unless it was cancelled, and perhaps started anew since."""
        with self._lock:
            is_its_own = self._process is process or self._key != path.stem
            if is_its_own and self._status[path.stem].is_running:
                self._status[path.stem] = status


def _worker() -> "tuple[subprocess.Popen[str], TextIO]":
    """Start a map maker, which keeps its files where this process does; the other file is what its libraries print."""
    notes = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 — closed where its end is told
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedcore.maps.worker"],
            cwd=_ROOT,
            env=os.environ | {"XDG_CACHE_HOME": str(cache_folder().parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=notes,
            text=True,
        )
    except OSError:
        notes.close()
        raise
    return process, notes


def _how_it_ended(status: int, notes: TextIO) -> str:
    """Say why a map maker ended that did not say so itself. Only the system ends a process by signal 9 unasked."""
    with notes:
        notes.seek(0)
        last = next((line.strip() for line in reversed(notes.readlines()) if line.strip()), "it said nothing")
    if status == -signal.SIGKILL:
        return "the map maker was ended by signal 9, as a system that is out of memory does: try fewer rows"
    if status < 0:
        return f"the map maker was ended by signal {-status} ({signal.strsignal(-status)})"
    return f"the map maker ended with status {status} before the map was done: {last[:500]}"


def _prune(folder: Path) -> None:
    """Remove all but the newest maps, and what killed writers left: half a file of an hour ago."""
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
