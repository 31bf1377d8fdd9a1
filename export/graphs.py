"""`python -m export graphs`: the tiny generic graphs of `embedcore/graphs`, rebuilt byte for byte."""

import argparse
from pathlib import Path
from typing import Final

import torch

from embedcore import contract
from embedcore.nn import InputLayer, Learned
from embedcore.nn.sinusoidal import SinusoidalGraph
from embedcore.untrained import SHELL
from export.graph import write_graph
from export.writer import write_model

HELP: Final = "rebuild the generic graphs that come with the library"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-o", "--output", type=Path, default=SHELL.parent, metavar="FOLDER")


def run(args: argparse.Namespace) -> None:
    """Write each graph into the folder."""
    path = args.output / SHELL.name
    # Different values: the exporter merges tables that are equal.
    layer = InputLayer(torch.zeros(2, 2), Learned(torch.ones(2, 2)), context_length=2)
    write_model(
        layer, path, name=SHELL.stem, tokenizer="toy", source="an empty input layer, to be filled", provenance={}
    )
    write_graph(
        SinusoidalGraph(),
        args.output / "sinusoidal.onnx",
        inputs={
            "positions": (torch.arange(3, dtype=torch.float64), ("sequence",)),
            "pairs": (torch.arange(2, dtype=torch.float64), ("n_pairs",)),
            "base": (torch.tensor(10_000.0, dtype=torch.float64), ()),
        },
        output=contract.POSITION_EMBEDDINGS,
    )
    for written in (path, args.output / "sinusoidal.onnx"):
        print(f"wrote {written.name}: {written.stat().st_size:,} bytes")
