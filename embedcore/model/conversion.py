"""Conversion: a reader's checkpoint becomes a model file, in a process of its own that can be watched and ended."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from embedcore.cache import cache_folder
from embedcore.errors import EmbedcoreError, new_incident

_LOG: Final = logging.getLogger("embedcore")
_ROOT: Final = Path(__file__).resolve().parents[2]
_COMMAND: Final = ("-m", "export", "checkpoint")
_SAID: Final = "python -m export checkpoint: "  # what the command writes before a message for the reader
_PROGRESS: Final = "progress "
_CANDIDATES: Final = "candidates "
_MOST_SAID: Final = 4_000  # characters of a message
_CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a conversion stands: the share of the table that is written, in [0, 1], and how it ended.

    `failure` is what the command said, with its remedy; "cancelled" where the reader ended it. `candidates` names
    tensors that could be the token table, where it failed because nothing says which is: to choose one is the remedy.
    """

    is_running: bool = True
    share: float = 0.0
    failure: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the file is there."""
        return not self.is_running and not self.failure

    @property
    def is_cancelled(self) -> bool:
        """Whether the reader ended it."""
        return self.failure == _CANCELLED


class Conversion:
    """One run of `python -m export checkpoint`, without torch; it makes the file `output`, whole or not at all."""

    def __init__(self, source: Path, output: Path, *, name: str, token_table: str = "", tokenizer: str = "") -> None:
        """Start it: `source` is a file or a folder; `output` the file to make; `name` the model's own name.

        `token_table` and `tokenizer` are the command's options, "" for none. Raises EmbedcoreError where no process can
        be started, or the command is not installed here.
        """
        if not (_ROOT / "export" / "checkpoint.py").is_file():
            msg = "this server has embedcore without its export: convert the file where that is, and open the .onnx"
            raise EmbedcoreError(msg)
        options = [f"--token-table={token_table}"] if token_table else []
        options += [f"--tokenizer={tokenizer}"] if tokenizer else []
        self._lock = threading.Lock()
        self.output = output
        self._progress = Progress()
        notes = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (closed where the end is read)
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    *_COMMAND,
                    os.path.abspath(source),
                    "-o",
                    str(output),
                    "--name",
                    name,
                    "--progress",
                    *options,
                ],
                cwd=_ROOT,
                env=os.environ | {"XDG_CACHE_HOME": str(cache_folder().parent)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=notes,
                text=True,
            )
        except OSError as error:
            notes.close()
            msg = f"the conversion cannot be started ({error.strerror or error}): is there memory and disk left?"
            raise EmbedcoreError(msg) from error
        self._watcher = threading.Thread(target=self._watch, args=(notes,), daemon=True)
        self._watcher.start()
        _RUNNING.add(self)

    @property
    def progress(self) -> Progress:
        """Where it stands now."""
        return self._progress

    def cancel(self) -> None:
        """End it, if it runs, and wait until its process is gone."""
        with self._lock:
            if self._progress.is_running:
                self._progress = Progress(is_running=False, failure=_CANCELLED)
                self._process.kill()
        self._watcher.join()

    def _watch(self, notes: "tempfile._TemporaryFileWrapper[str]") -> None:
        stdout = self._process.stdout
        assert stdout is not None
        with stdout:
            for line in stdout:
                if line.startswith(_PROGRESS):
                    self._set(replace(self._progress, share=float(line.removeprefix(_PROGRESS))))
                elif line.startswith(_CANDIDATES):
                    fault, *candidates = json.loads(line.removeprefix(_CANDIDATES))
                    self._set(replace(self._progress, failure=fault, candidates=tuple(candidates)))
        status = self._process.wait()
        if status != 0:
            for half in self.output.parent.glob(f".{self.output.name}.*"):
                shutil.rmtree(half, ignore_errors=True)
        with notes:
            notes.seek(0)
            said = notes.read()
        failure = (self._progress.failure or _failure(status, said)) if status else ""
        self._set(replace(self._progress, is_running=False, share=0.0 if status else 1.0, failure=failure))

    def _set(self, progress: Progress) -> None:
        with self._lock:
            if self._progress.is_running:
                self._progress = progress


def end_conversions() -> None:
    """End every conversion of this process that runs: its server ends."""
    for conversion in list(_RUNNING):
        conversion.cancel()


_RUNNING: Final = weakref.WeakSet[Conversion]()


def _failure(status: int, said: str) -> str:
    """Return what a run that ended with `status` said; a run that the system ended says nothing.

    A bug is logged with its place in the code, under the incident that the reader is told, and without any value.
    """
    _, mark, message = said.rpartition(_SAID)
    if mark:
        return message.strip()[:_MOST_SAID]
    if status < 0:
        return f"the conversion was ended by signal {-status}: is there enough memory for this file?"
    incident = new_incident()
    places = " < ".join(f"{name}:{line}" for line, name in reversed(_PLACE.findall(said))) or "unknown"
    kind = next(iter(_KIND.findall(said)[-1:]), "unknown")
    _LOG.error("incident %s: %s in a conversion at %s", incident, kind, places)
    return (
        f"the conversion ended with status {status}, which is a fault of embedcore: report incident {incident} and the "
        "kind of file"
    )


_PLACE: Final = re.compile(r'^  File "[^"\n]*", line (\d+), in (\S+)$', re.MULTILINE)
_KIND: Final = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)  # the last line of a traceback begins with it
