"""`python -m embedcore.maps.worker FILE`: makes one map in a process of its own, so that it can be watched and ended.

Reads a job as JSON from standard input; writes a line of JSON for each step, the last with "done" or "failure".
The layouts' libraries are imported here and in the export, never in the app's own process.
"""

import json
import os
import sys
import time
import traceback
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from embedcore.errors import ModelFileError
from embedcore.maps.failure import Failure
from embedcore.maps.file import write_map
from embedcore.maps.job import MapJob
from embedcore.maps.linear import Progress
from embedcore.maps.make import make_map
from embedcore.model.id_sets import unpack_ids
from embedcore.model.open import open_model
from embedcore.model.stages import stage_vectors
from embedcore.space.expressions import parse_expression


def work(given: str, output: Path, lines: TextIO) -> None:
    """Make the map of the job that `given` holds as JSON, write it to `output`, and report each step on `lines`."""
    last = 0.0

    def report(doing: str, share: float) -> None:
        nonlocal last
        if share in (0.0, 1.0) or time.monotonic() - last > 0.3:
            last = time.monotonic()
            print(json.dumps({"doing": doing, "share": share}), file=lines, flush=True)

    try:
        _make(MapJob.from_json(given), output, report)
        last_word: dict[str, Any] = {"done": True}
    except Exception as error:  # a bug or a broken installation too: the process ends well, and says what failed
        failure = Failure.of(error)
        last_word = {"failure": asdict(failure)}
        if failure.cause != "refused":  # for the server's log: places in the code, and never a value
            sys.stderr.write(f"{type(error).__name__}, raised at (most recent call last):\n")
            traceback.print_tb(error.__traceback__)
    print(json.dumps(last_word), file=lines, flush=True)


def _make(job: MapJob, output: Path, report: Progress) -> None:
    model = open_model(job.model, provider="cpu")
    if job.sha256 not in (None, model.sha256):
        msg = f"{model.file_name} has changed since this map was asked for: open the page again"
        raise ModelFileError(msg)
    vectors = stage_vectors(model, job.stage)
    directions = (
        np.stack([parse_expression(text, model.tokenizer).vector(model.table) for text in job.axes])
        if job.axes
        else None
    )
    if job.rows is not None:
        vectors = vectors[unpack_ids(job.rows, len(vectors))]
    write_map(output, make_map(vectors, job.recipe, directions=directions, progress=report))


if __name__ == "__main__":
    # Libraries print as they please, those in C too; our lines stay ours.
    own_lines = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    work(sys.stdin.read(), Path(sys.argv[1]), own_lines)
