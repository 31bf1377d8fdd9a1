"""Long work in a process of its own: started once for all who want it, watched, ended; the server stays free.

One map is made at a time, for it takes all cores. A finished one lies in the cache folder under its recipe's hash.
"""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from embedcore.cache import cache_folder
from embedcore.errors import EmbedcoreError

_ROOT: Final = Path(__file__).resolve().parents[2]
_KEPT: Final = 40  # finished maps of the newest


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
            path.parent.mkdir(parents=True, exist_ok=True)
            _prune(path.parent)
            self._key, self._status[path.stem] = path.stem, Status(is_running=True, doing="starting")
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "embedcore.map_worker"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libraries' notes; errors of ours come as lines
                text=True,
            )
            assert process.stdin is not None
            process.stdin.write(json.dumps({**job, "output": str(path)}))
            process.stdin.close()
        threading.Thread(target=self._watch, args=(process, path), daemon=True).start()

    def status(self, job: Mapping[str, Any]) -> Status:
        """Return where `job` stands; one that never ran is not running and has no error."""
        return self._status.get(self.path(job).stem, Status(is_running=False))

    def cancel(self, job: Mapping[str, Any]) -> None:
        """End `job`, if it runs. What it had done is lost, and nothing half is left behind."""
        with self._lock:
            if self._process is not None and self._key == self.path(job).stem and self._process.poll() is None:
                self._status[self._key] = Status(is_running=False, doing="cancelled")
                self._process.kill()

    def _watch(self, process: "subprocess.Popen[str]", path: Path) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            step = json.loads(line)
            if "doing" in step:
                self._tell(process, path, Status(is_running=True, doing=step["doing"], share=step["share"]))
            else:
                self._tell(process, path, Status(is_running=False, error=step.get("error", "")))
        process.stdout.close()
        error = f"the map maker ended with status {process.wait()} (out of memory?): try fewer rows"
        self._tell(process, path, Status(is_running=False, error=error))  # no news where it said how it ended

    def _tell(self, process: "subprocess.Popen[str]", path: Path, status: Status) -> None:
        """Set the status of the job that `process` works on, unless it was cancelled, and perhaps started anew since."""
        with self._lock:
            is_its_own = self._process is process or self._key != path.stem
            if is_its_own and self._status[path.stem].is_running:
                self._status[path.stem] = status


def _prune(folder: Path) -> None:
    """Remove all but the newest maps, and what killed writers left."""
    for partial in folder.glob(".*.npz.*"):
        partial.unlink(missing_ok=True)
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[_KEPT:]:
        old.unlink(missing_ok=True)
