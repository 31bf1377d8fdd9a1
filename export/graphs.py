"""`python -m export graphs`: the tiny generic graphs of `embedcore/engine/graphs`, rebuilt byte for byte."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.model.untrained import SHELL
from embedcore.nn import InputLayer, Learned
from embedcore.nn.alibi import AlibiGraph
from embedcore.nn.bert_relative import BertRelativeGraph
from embedcore.nn.deberta import DebertaGraph
from embedcore.nn.learned import LearnedGraph
from embedcore.nn.none import ContentScores
from embedcore.nn.rope import RopeGraph
from embedcore.nn.rope_scaling import SCALINGS as MODULES
from embedcore.nn.search import HalfSearchGraph, SearchGraph
from embedcore.nn.shaw import ShawGraph
from embedcore.nn.sinusoidal import SinusoidalGraph
from embedcore.nn.t5 import T5Graph
from embedcore.nn.transformer_xl import TransformerXLGraph
from embedcore.schemes.rope_parameters import ARGUMENTS, SCALINGS
from export.graph import write_graph
from export.writer import write_model

HELP: Final = "rebuild the generic graphs that come with the library"

Axes = tuple[str, ...]
Inputs = dict[str, tuple[Tensor, Axes]]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A generic graph: its module, its inputs (an example and the names of its axes each), its outputs' names.

    It holds torch's tensors, so it is equal to itself alone.
    """

    module: nn.Module
    inputs: Inputs
    outputs: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-o", "--output", type=Path, default=SHELL.parent, metavar="FOLDER")


def run(args: argparse.Namespace) -> None:
    """Write each graph into the folder."""
    # Different values: the exporter merges tables that are equal.
    layer = InputLayer(torch.zeros(2, 2), Learned(torch.ones(2, 2)), context_length=2)
    write_model(
        layer,
        args.output / SHELL.name,
        name=SHELL.stem,
        tokenizer="toy",
        source="an empty input layer, to be filled",
        provenance={},
    )
    for name, graph in graphs().items():
        write_graph(graph.module, args.output / f"{name}.onnx", inputs=graph.inputs, outputs=graph.outputs)
    for written in (SHELL.stem, *graphs()):
        path = args.output / f"{written}.onnx"
        print(f"wrote {path.name}: {path.stat().st_size:,} bytes")


def graphs() -> dict[str, Graph]:
    """Return every generic graph by its file's name: the positional schemes', and the search of neighbors."""
    positions: Axes = ("positions",)
    pairs: Axes = ("n_pairs",)
    relative = {"table": (_floats(5, 6), ("n_rows", "head_dim"))}
    found = {
        "none": Graph(ContentScores(), _heads(), ("scores",)),
        "learned": Graph(
            LearnedGraph(),
            {"table": (_floats(5, 6), ("n_positions", "d_model")), "positions": (torch.arange(3), positions)},
            (contract.POSITION_EMBEDDINGS,),
        ),
        "sinusoidal": Graph(
            SinusoidalGraph(),
            {
                "positions": (_reals(3), ("sequence",)),
                "pairs": (torch.arange(2), pairs),
                "base": _number(),
                "is_halves": _switch(),
            },
            (contract.POSITION_EMBEDDINGS,),
        ),
        "shaw": Graph(ShawGraph(), _heads() | _places() | relative, ("scores", "position_scores", "rows")),
        "transformer_xl": Graph(
            TransformerXLGraph(),
            _heads()
            | _places()
            | {
                "distances": (torch.arange(-4, 5), ("n_distances",)),
                "pairs": (torch.arange(6), pairs),
                "base": _number(),
                "projection": (_floats(2, 12, 6), ("n_heads", "2*n_pairs", "head_dim")),
                "u": (_floats(2, 1, 6), ("n_heads", "", "head_dim")),
                "v": (_floats(2, 1, 6), ("n_heads", "", "head_dim")),
                "is_halves": _switch(),
            },
            ("a", "b", "c", "d", contract.RELATIVE_EMBEDDINGS),
        ),
        "bert_relative": Graph(
            BertRelativeGraph(), _heads() | _places() | relative, ("scores", "query_scores", "key_scores", "rows")
        ),
        "deberta": Graph(
            DebertaGraph(),
            _heads()
            | _places()
            | {
                "key_table": (_floats(2, 8, 6), ("n_heads", "n_rows", "head_dim")),
                "query_table": (_floats(2, 8, 6), ("n_heads", "n_rows", "head_dim")),
                "rows_by_distance": (torch.arange(7), ("n_distances",)),
                "is_released": _switch(),
            },
            ("c2c", "c2p", "p2c", "rows"),
        ),
        "t5": Graph(
            T5Graph(),
            _places()
            | {
                "table": (_floats(8, 2), ("n_buckets", "n_heads")),
                "buckets_by_distance": (torch.arange(7), ("n_distances",)),
            },
            (contract.ATTENTION_BIAS, "buckets"),
        ),
        "alibi": Graph(
            AlibiGraph(),
            _real_places()
            | {
                "n_heads": (torch.tensor(12), ()),
                "heads": (torch.arange(2), ("n_chosen",)),
                "bias_max": _number(),
            },
            (contract.ATTENTION_BIAS, "slopes"),
        ),
        "rope": Graph(
            RopeGraph(),
            _heads()
            | _real_places()
            | {
                "frequencies": (torch.ones(2, dtype=torch.float64), pairs),
                "attention_factor": _number(),
                "is_interleaved": _switch(),
            },
            ("scores", "rotated_queries", "rotated_keys", contract.ROTARY_COS, contract.ROTARY_SIN),
        ),
    }
    search: Inputs = {
        "queries": (_floats(2, 6), ("n_queries", "d_model")),
        "bias": (_floats(5), ("n_rows",)),
        "k": (torch.tensor(3), ()),
    }
    table: Inputs = {"table": (_floats(5, 6), ("n_rows", "d_model"))}
    half: Inputs = {
        "table": (_floats(5, 6).half(), ("n_rows", "d_model")),
        "scale": (_floats(5), ("n_rows",)),
    }
    found["search"] = Graph(SearchGraph(), table | search, ("scores", "token_ids"))
    found["search_half"] = Graph(HalfSearchGraph(), half | search, ("scores", "token_ids"))
    for name in SCALINGS:
        inputs: Inputs = {"pairs": (torch.arange(3), pairs)} | {
            argument: (torch.ones(3, dtype=torch.float64), pairs)
            if argument.endswith("_factors")
            else _switch()
            if argument.startswith("is_")
            else _number()
            for argument in ARGUMENTS[name]
        }
        found[f"rope_{name}"] = Graph(MODULES[name](), inputs, ("frequencies", "attention_scale"))
    return found


def _heads() -> Inputs:
    return {
        "queries": (_floats(2, 3, 6), ("n_heads", "n_queries", "head_dim")),
        "keys": (_floats(2, 4, 6), ("n_heads", "n_keys", "head_dim")),
    }


def _places() -> Inputs:
    return {
        "query_positions": (torch.arange(3), ("n_queries",)),
        "key_positions": (torch.arange(4), ("n_keys",)),
    }


def _real_places() -> Inputs:
    """Return places of schemes that are defined between whole ones too."""
    return {"query_positions": (_reals(3), ("n_queries",)), "key_positions": (_reals(4), ("n_keys",))}


def _reals(n: int) -> Tensor:
    return torch.arange(n, dtype=torch.float64)


def _floats(*shape: int) -> Tensor:
    return torch.ones(shape)


def _switch() -> tuple[Tensor, Axes]:
    return torch.tensor(data=True), ()


def _number() -> tuple[Tensor, Axes]:
    return torch.tensor(2.0, dtype=torch.float64), ()
