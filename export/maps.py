"""`python -m export maps MODEL`: lay out the whole vocabulary once, so that the app opens its maps at once."""

import argparse
import sys
import time
from pathlib import Path
from typing import Final, get_args

import numpy as np
from jaxtyping import Int64

from embedcore.cache import replacing
from embedcore.errors import ModelFileError
from embedcore.maps.file import MapRows, map_path, read_map, vectors_sha256, write_map
from embedcore.maps.make import make_map
from embedcore.maps.methods import layout_ids
from embedcore.maps.recipe import Recipe
from embedcore.model.model import Model
from embedcore.model.open import open_model
from embedcore.model.trained_rows import trained_ids, untouched

HELP: Final = "compute t-SNE and UMAP maps of a model's whole vocabulary, or of its trained rows, with their fidelity"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", help="a name, such as pydoc-gpt, or the path of an .onnx file")
    parser.add_argument("--method", nargs="+", choices=layout_ids(), default=list(layout_ids()))
    parser.add_argument("--dimensions", nargs="+", type=int, choices=(2, 3), default=[2, 3])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--rows",
        choices=get_args(MapRows),
        default="all",
        help='which rows the maps are made of; "trained" leaves out those that training never touched',
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="the folder to write to; beside the model by default, where the app looks",
    )


def run(args: argparse.Namespace) -> None:
    """Write each map, and say how far it may be trusted."""
    model = open_model(args.model, provider="cpu")
    vectors = model.table if args.rows == "all" else model.table[_trained_ids(model)]
    for method in args.method:
        for n_components in args.dimensions:
            path = map_path(model.file.path, method, n_components, args.rows)
            path = path if args.output is None else args.output / path.name
            start = time.monotonic()
            stored = make_map(vectors, Recipe(method, n_components, seed=args.seed), progress=_Line(path.name))
            with replacing(path) as new:
                write_map(new, stored)
                read_map(new, vectors_sha256(vectors))
            print("\r", end="", file=sys.stderr, flush=True)
            print(
                f"wrote {path.name}: {path.stat().st_size:,} bytes, trustworthiness "
                f"{stored.fidelity.mean_trustworthiness:.4f}, {stored.fidelity.mean_overlap:.1%} of "
                f"{stored.fidelity.k} neighbors kept, {int(stored.clusters.max()) + 1} clusters, "
                f"{time.monotonic() - start:.0f} s"
            )


def _trained_ids(model: Model) -> Int64[np.ndarray, " n"]:
    if untouched(model.metadata) is None:
        msg = f"{model.name} does not say which of its rows were trained: make a map of all rows"
        raise ModelFileError(msg)
    return trained_ids(model.metadata)


class _Line:
    """A line of progress on a terminal, which is overwritten as the work goes on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, doing: str, share: float) -> None:
        print(f"\r{self._name}: {doing} {share:4.0%}".ljust(70), end="", file=sys.stderr, flush=True)
