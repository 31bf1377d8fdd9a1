"""`python -m embedcore.map_worker`: makes one map in a process of its own, so that it can be watched and ended.

Reads a job as JSON from standard input; writes a line of JSON for each step, the last with "done" or "error".
The layouts' libraries are imported here and in the export, never in the app's own process.
"""

import json
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.expressions import parse_expression
from embedcore.id_sets import unpack_ids
from embedcore.map_file import write_map
from embedcore.map_making import Recipe, make_map
from embedcore.runtime import open_model
from embedcore.stages import stage_vectors


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
        model = open_model(job["model"], provider="cpu")
        if model.file.sha256 != job.get("sha256", model.file.sha256):
            msg = f"{model.file.path.name} has changed since this map was asked for: open the page again"
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
        print(json.dumps({"done": True}), file=lines, flush=True)
    except EmbedcoreError as error:
        print(json.dumps({"error": str(error)}), file=lines, flush=True)


if __name__ == "__main__":
    output, sys.stdout = sys.stdout, sys.stderr  # libraries print as they please; our lines stay ours
    warnings.simplefilter("ignore")
    work(json.load(sys.stdin), output)
