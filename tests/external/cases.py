"""Every kind of file that the export writes, with inputs and what must come out: a folder that any runtime can read.

`manifest.json` lists cases: a kind, a file, and runs of it. An array is {"dtype", "shape", "file"}, raw little-endian.
Model files are held to the float64 oracle; generic graphs to their torch modules, which `tests/nn` holds to formulas.
"""

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import onnx
import torch
from numpy.typing import ArrayLike
from torch import nn

from embedcore.engine.generic_graphs import GRAPHS as GRAPHS_FOLDER
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.file import metadata_of, weights
from embedcore.nn import GRAPHS, SCHEMES, InputLayer
from embedcore.nn.graph import Graph
from embedcore.schemes.buckets import deberta_rows, t5_buckets
from embedcore.schemes.rope_parameters import ARGUMENTS, Scaling
from embedcore.schemes.rope_parameters import SCALINGS as ROPE_SCALINGS
from export.oracle import oracle
from export.writer import write_model
from tests.declared import others
from tests.nn.graphs import by_torch
from tests.nn.oracles import draw

Settings = dict[str, Any]  # of a positional scheme
Inputs = Mapping[str, ArrayLike]  # of a graph, by name


class ArrayFile(TypedDict):
    """Where an array is stored: a file of its own, the type and the shape."""

    dtype: str
    shape: list[int]
    file: str


class Run(TypedDict):
    """One run of a file: what goes in, and what must come out."""

    name: str
    inputs: dict[str, ArrayFile]
    outputs: dict[str, ArrayFile]


class Case(TypedDict):
    """A file of some kind with its runs."""

    kind: str
    file: str
    runs: list[Run]


LONG, TRAINED = 131_072, 4_096


def rope_settings(scaling: Scaling) -> Settings:
    """Return what the scaling takes, for a context that is longer than the trained one."""
    used = {"factor": 32.0, "original_length": TRAINED, "proportion": 0.5}
    return {"scaling": scaling} | {name: value for name, value in used.items() if name in ARGUMENTS[scaling]}


# One file of each kind, with sizes as real models have them: there a float32 angle or logarithm goes wrong.
# Scheme, its parameters, d_model, context_length.
FILES: list[tuple[str, Settings, int, int]] = [
    ("none", {}, 24, 64),
    ("learned", {}, 24, 64),
    ("sinusoidal", {}, 4, LONG),
    ("shaw", {"n_heads": 4, "max_distance": 16}, 24, 64),
    ("transformer-xl", {"n_heads": 3}, 24, TRAINED),
    ("bert-relative-key", {"n_heads": 4, "max_distance": 64}, 24, 64),
    ("bert-relative-key-query", {"n_heads": 4, "max_distance": 64}, 24, 64),
    ("deberta", {"n_heads": 4, "max_distance": 512}, 24, 1_024),
    ("deberta", {"n_heads": 4, "max_distance": 512, "n_buckets": 256}, 24, 1_024),
    ("t5", {"n_heads": 2, "n_buckets": 32, "max_distance": 128, "is_bidirectional": True}, 24, 300),
    ("t5", {"n_heads": 2, "n_buckets": 32, "max_distance": 128, "is_bidirectional": False}, 24, 300),
    ("alibi", {"n_heads": 12}, 24, 300),
    *(("rope", {"n_heads": 1, **rope_settings(scaling)}, 4, LONG) for scaling in ROPE_SCALINGS),
]
FILES += [
    (name, settings, 24, 300)
    for name, settings in others({name for name, *_ in FILES}, n_heads=4, context_length=300).items()
]
# n_buckets, max_distance; in the second row logarithms are whole, or nearly, at a distance within
T5_BUCKETS = [(32, 128), (64, 256), (16, 64), (12, 50), (4, 8), (10, 100), (34, 27), (96, 81), (102, 49), (40, 1024)]
DEBERTA_BUCKETS = [(0, 5), (4, 9), (8, 33), (16, 64), (256, 512), (18, 17), (18, 65), (54, 49), (98, 1025), (100, 171)]


def case_folder(base: Path) -> Path:
    """Return the folder with every case; the first process that asks makes it, others wait."""
    folder = base / "runtimes"
    folder.mkdir(exist_ok=True)
    with (base / "runtimes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "manifest.json").exists():
            cases = [*_models(folder), *_graphs(folder)]
            (folder / "manifest.json").write_text(json.dumps(cases))
    return folder


def kinds() -> list[str]:
    """Return every kind of file, in the manifest's order."""
    models = [kind_of(scheme, settings) for scheme, settings, _, _ in FILES]
    return list(dict.fromkeys([*models, *(f"graphs/{name}.onnx" for name in GRAPHS)]))


def kind_of(scheme: str, settings: Settings) -> str:
    """Return the kind of a model file: its scheme, and the scaling of a rotary one."""
    return f"{scheme} {settings['scaling']}" if settings.get("scaling", "none") != "none" else scheme


def read_array(folder: Path, stored: ArrayFile) -> np.ndarray:
    """Return an array that a manifest or a runtime's answer names."""
    return np.fromfile(folder / stored["file"], stored["dtype"]).reshape(stored["shape"])


def _models(folder: Path) -> Iterator[Case]:
    torch.manual_seed(0)
    for index, (scheme, settings, d_model, length) in enumerate(FILES):
        path = folder / f"{index:02}-{scheme}.onnx"
        _write(path, scheme, settings, d_model, length, is_whole=index % 2 == 0)
        trained = settings.get("original_length", length)
        lengths = [(1, 1), (3, 5), (1, trained), *([(1, trained + 1), (1, length)] if trained < length else [])]
        yield _model_case(folder, path, kind_of(scheme, settings), lengths)
    for name in ("toy", "pydoc-gpt"):
        path = folder / f"{name}.onnx"
        shutil.copy(MODELS_FOLDER / path.name, path)
        yield _model_case(folder, path, "learned", [(1, 1), (2, 6)])


def _write(path: Path, scheme: str, settings: Settings, d_model: int, context_length: int, *, is_whole: bool) -> None:
    """Export a layer, with every part around the lookup where `is_whole`, else of float16 rows."""
    norm = nn.LayerNorm(d_model)
    norm.weight.data, norm.bias.data = torch.randn(d_model), torch.randn(d_model)
    parts: dict[str, Any] = {"scale": 3.0, "token_type": torch.randn(d_model), "layer_norm": norm} if is_whole else {}
    table = torch.randn(11, d_model)
    position = SCHEMES[scheme].drawn(d_model=d_model, context_length=context_length, **settings)
    layer = InputLayer(table if is_whole else table.half(), position, context_length=context_length, **parts)
    write_model(layer, path, name=path.stem, tokenizer="toy", source="a test", provenance={})


def _model_case(folder: Path, path: Path, kind: str, lengths: Sequence[tuple[int, int]]) -> Case:
    proto = onnx.load(path)
    metadata, stored = metadata_of(proto), weights(proto)
    runs = []
    for batch, sequence in lengths:
        ids = np.random.default_rng(sequence).integers(0, metadata.n_vocab, (batch, sequence))
        runs.append((f"{batch} × {sequence}", {"token_ids": ids}, oracle(metadata, stored, ids)))
    return _case(folder, path, kind, runs)


def _graphs(folder: Path) -> Iterator[Case]:
    for name, graph in GRAPHS.items():
        path = folder / f"{name}.onnx"
        shutil.copy(GRAPHS_FOLDER / path.name, path)
        runs = [(str(index), inputs, by_torch(name, **inputs)) for index, inputs in enumerate(_inputs(name, graph))]
        yield _case(folder, path, f"graphs/{path.name}", runs)


def _inputs(name: str, graph: Graph) -> list[Inputs]:
    """Return what a generic graph is tried with: places near and far, several settings."""
    if name == "t5":
        return [
            _t5(n_buckets, max_distance, is_bidirectional=both)
            for n_buckets, max_distance in T5_BUCKETS
            for both in (True, False)
            if both or max_distance > n_buckets // 2
        ]
    if name == "deberta":
        return [_deberta(*setting) for setting in DEBERTA_BUCKETS]
    if name.startswith("rope_"):
        scaling = next(scaling for scaling in ROPE_SCALINGS if name == f"rope_{scaling}")
        return [_scaling(scaling, length) for length in (1.0, 300.0, 40_000.0)]
    sizes = {"n_queries": 5, "n_keys": 7, "n_heads": 2, "head_dim": 6, "n_pairs": 3, "n_rows": 9, "d_model": 6,
             "positions": 5, "sequence": 7, "n_positions": 6, "n_chosen": 3, "n_distances": 17}  # fmt: skip
    given: list[Inputs] = []
    for start in (0, 100_000):
        inputs: dict[str, ArrayLike] = {}
        for key, (example, axes) in graph.inputs.items():
            shape = [2 * sizes[axis[2:]] if axis.startswith("2*") else sizes.get(axis, 1) for axis in axes]
            if key in ("query_positions", "key_positions", "positions"):
                first = start if name != "learned" else 0
                inputs[key] = np.arange(first, first + shape[0])
            elif key == "distances":
                inputs[key] = np.arange(-8, 9)
            elif key in ("pairs", "heads"):
                inputs[key] = np.arange(shape[0])
            elif example.dtype.is_floating_point and axes:
                values = (
                    np.abs(draw(*shape, seed=len(inputs))) if key == "frequencies" else draw(*shape, seed=len(inputs))
                )
                inputs[key] = values
            else:
                inputs[key] = {"n_heads": 12, "base": 10_000.0, "k": 3}.get(key, example.numpy())
        given.append(inputs)
    return given


def _t5(n_buckets: int, max_distance: int, *, is_bidirectional: bool) -> Inputs:
    places = np.arange(-max_distance - 2, max_distance + 3)
    buckets = t5_buckets(
        max_distance, n_buckets=n_buckets, max_distance=max_distance, is_bidirectional=is_bidirectional
    )
    return {
        "query_positions": places,
        "key_positions": np.zeros(1, np.int64),
        "table": draw(n_buckets, 2),
        "buckets_by_distance": buckets,
    }


def _deberta(n_buckets: int, max_distance: int) -> Inputs:
    places = np.arange(-max_distance - 2, max_distance + 3)
    rows = deberta_rows(max_distance, max_distance=max_distance, n_buckets=n_buckets)
    n_rows = 2 * (n_buckets or max_distance)
    return {
        "queries": draw(2, len(places), 6, seed=1),
        "keys": draw(2, 1, 6, seed=2),
        "query_positions": places,
        "key_positions": np.zeros(1, np.int64),
        "key_table": draw(2, n_rows, 6, seed=3),
        "query_table": draw(2, n_rows, 6, seed=4),
        "rows_by_distance": rows,
        "is_released": n_buckets > 0,
    }


def _scaling(name: Scaling, length: float) -> Inputs:
    known: dict[str, ArrayLike] = {
        "base": 10_000.0, "factor": 8.0, "original_length": 4_096.0, "length": length, "beta_fast": 32.0,
        "beta_slow": 1.0, "attention_factor": 0.0, "is_truncated": False, "mscale": 0.7, "mscale_all_dim": 1.1,
        "short_mscale": 1.1, "long_mscale": 1.2, "proportion": 0.25, "low_frequency_factor": 1.0, "high_frequency_factor": 4.0,
        "short_factors": np.linspace(1, 2, 32), "long_factors": np.linspace(1, 40, 32),
    }  # fmt: skip
    return {"pairs": np.arange(32)} | {argument: known[argument] for argument in ARGUMENTS[name]}


def _case(folder: Path, path: Path, kind: str, runs: Iterable[tuple[str, Inputs, Mapping[str, np.ndarray]]]) -> Case:
    types = {
        value.name: onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        for value in onnx.load(path).graph.input
    }
    all_runs: list[Run] = []
    for index, (name, inputs, outputs) in enumerate(runs):
        given = {key: np.asarray(inputs[key]).astype(dtype) for key, dtype in types.items()}
        stem = f"{path.stem}.{index}"
        all_runs.append(
            {
                "name": name,
                "inputs": {key: _store(folder, f"{stem}.in.{key}", values) for key, values in given.items()},
                "outputs": {
                    key: _store(folder, f"{stem}.expected.{key}", np.asarray(values)) for key, values in outputs.items()
                },
            }
        )
    return {"kind": kind, "file": path.name, "runs": all_runs}


def _store(folder: Path, name: str, values: np.ndarray) -> ArrayFile:
    np.ascontiguousarray(values).tofile(folder / f"{name}.bin")
    return {"dtype": values.dtype.name, "shape": list(values.shape), "file": f"{name}.bin"}
