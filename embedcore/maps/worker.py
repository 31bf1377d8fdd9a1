"""`python -m embedcore.maps.worker`: makes one map in a process of its own, so that it can be watched and ended.

Reads a job as JSON from standard input; writes a line of JSON for each step, the last with "done" or "error".
The layouts' libraries are imported here and in the export, never in the app's own process.
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.maps.file import write_map
from embedcore.maps.linear import Progress
from embedcore.maps.make import Recipe, make_map
from embedcore.model.id_sets import unpack_ids
from embedcore.model.open import open_model
from embedcore.model.stages import stage_vectors
from embedcore.space.expressions import parse_expression


def work(job: Mapping[str, Any], lines: TextIO) -> None:
    """Make the map of `job` and tell of it on `lines`.

    `job` has "model" (a name or a path), "sha256" (of its file, where it must be the very one), "stage", "rows" (a
    packed set of ids, or null for all), "recipe", "axes" (an expression each) and "output", the file to write.
    """
    last = 0.0

    def tell(doing: str, share: float) -> None:
        nonlocal last
        if share in (0.0, 1.0) or time.monotonic() - last > 0.3:
            last = time.monotonic()
            print(json.dumps({"doing": doing, "share": share}), file=lines, flush=True)

    try:
        _make(job, tell)
        last_word: dict[str, Any] = {"done": True}
    except EmbedcoreError as error:
        last_word = {"error": str(error)}
    except MemoryError as error:
        last_word = {"error": f"the memory is too small for this map ({_said(error)}): try fewer rows"}
    except Exception as error:  # a bug or a broken installation: the process ends well, and says what failed
        last_word = {"error": f"the map could not be made: {_said(error)}"}
    print(json.dumps(last_word), file=lines, flush=True)


def _make(job: Mapping[str, Any], tell: Progress) -> None:
    model = open_model(job["model"], provider="cpu")
    if model.sha256 != job.get("sha256", model.sha256):
        msg = f"{model.file_name} has changed since this map was asked for: open the page again"
        raise ModelFileError(msg)
    vectors = stage_vectors(model, job["stage"])
    directions = (
        np.stack([parse_expression(text, model.tokenizer).vector(model.table) for text in job["axes"]])
        if job["axes"]
        else None
    )
    if job["rows"] is not None:
        vectors = vectors[unpack_ids(job["rows"], len(vectors))]
    recipe = Recipe(**{**job["recipe"], "components": tuple(job["recipe"]["components"])})
    write_map(Path(job["output"]), make_map(vectors, recipe, directions=directions, progress=tell))


def _said(error: Exception) -> str:
    """Return the kind of an error and what it says, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500].removesuffix(":")


if __name__ == "__main__":
    # Libraries print as they please, those in C too; our lines stay ours.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    work(json.load(sys.stdin), output)
