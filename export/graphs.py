"""`python -m export graphs` rebuilds the tiny generic graphs of `embedcore/engine/graphs`, byte for byte.

Each file of `embedcore/nn` lists its graphs as `GRAPHS`. The README of the folder is written from these lists.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import torch
from torch import nn

from embedcore.errors import ShapeError
from embedcore.model.untrained import SHELL
from embedcore.nn import GRAPHS, InputLayer
from embedcore.nn.learned import Learned
from export.graph import write_graph
from export.writer import write_model

HELP: Final = "rebuild the generic graphs that come with the library"
_README: Final = """\
These tiny generic graphs and this list are written by `python -m export graphs` from `embedcore/nn`, byte for byte.
Their parameters are inputs, so that one file serves every setting. `{shell}` is no such graph: it is an
input layer with empty tables, which `embedcore/model/untrained.py` fills.

{graphs}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="the graphs that are written (all)")
    parser.add_argument("-o", "--output", type=Path, default=SHELL.parent, metavar="FOLDER")


def run(args: argparse.Namespace) -> None:
    """Write the named graphs, or all, into the folder. Raises ShapeError where no graph has a given name."""
    known = (SHELL.stem, *GRAPHS)
    unknown = [name for name in args.names if name not in known]
    if unknown:
        msg = f"there is no graph {unknown[0]!r}: choose from the {len(known)}, {', '.join(known)}"
        raise ShapeError(msg)
    for name in args.names or known:
        path = args.output / f"{name}.onnx"
        if name == SHELL.stem:
            _write_shell(path)
        else:
            write_graph(GRAPHS[name].module, path, inputs=GRAPHS[name].inputs, outputs=GRAPHS[name].outputs)
        print(f"wrote {path.name}: {path.stat().st_size:,} bytes")
    (args.output / "README.md").write_text(readme(), encoding="utf-8")


def readme() -> str:
    """Return the text of the folder's README, which lists every graph with its inputs and outputs."""
    lines = [
        f"- `{name}.onnx`: {_first_line(graph.module)} Inputs {_named(graph.inputs)}; outputs {_named(graph.outputs)}."
        for name, graph in GRAPHS.items()
    ]
    return _README.format(shell=SHELL.name, graphs="\n".join(lines))


def _first_line(module: nn.Module) -> str:
    return (module.__doc__ or "").partition("\n")[0]


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _write_shell(path: Path) -> None:
    """Write the input layer that `embedcore/model/untrained.py` fills."""
    # The two tables have different values, because the exporter merges equal ones.
    layer = InputLayer(torch.zeros(2, 2), Learned(torch.ones(2, 2)), context_length=2)
    write_model(
        layer, path, name=path.stem, tokenizer="toy", source="an empty input layer, to be filled", provenance={}
    )
