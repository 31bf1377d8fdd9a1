"""A scheme's scores in a few lines of ONNX Runtime: the model's file, then the generic graphs."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Final

from embedcore.model.model import Model
from embedcore.schemes import (
    T5,
    Alibi,
    BertRelative,
    Deberta,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Scheme,
    Shaw,
    Sinusoidal,
    TransformerXL,
)
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.rope_parameters import ARGUMENTS
from pages.shared.snippets import file_name, limits
from pages.views.positions.scheme_case import Case, drawn

Lines = list[str]
_SIDES: Final = {"queries": "q", "keys": "k"}
_PLACES: Final = {"query_positions": "positions", "key_positions": "positions"}
_WIDEST: Final = 100
_BUCKETS: Final = {"t5": "t5_buckets", "deberta": "deberta_rows"}  # whole numbers that these graphs are given


def runtime(scheme: Scheme, model: Model, token_ids: list[int], heads: Heads) -> str:
    """Return the code whose `scores` [n_chosen, n, n] are `scheme.attend` of the token rows with themselves.

    It runs in the root of the repository, beside the model's file. Raises ShapeError where `scheme.attend` would, or where the scheme's table is not the file's.
    """
    case = Case.of(scheme, model, token_ids, heads)
    imports = ["import numpy as np, onnxruntime"]
    if getattr(scheme, "table", None) is not None and not isinstance(scheme, Learned):
        imports = ["import numpy as np, onnx, onnxruntime", "from onnx import numpy_helper"]
    imports += [f"from embedcore.schemes.buckets import {_BUCKETS[scheme.name]}"] if scheme.name in _BUCKETS else []
    blocks = (imports, _vectors(scheme, case) + _heads(scheme, case), _scores(scheme, case))
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _vectors(scheme: Scheme, case: Case) -> Lines:
    """Return what runs the model's file, and adds positions to the rows where the scheme does."""
    shape = f"[{case.n}, {case.d_model}]"
    lines = [
        f"layer = onnxruntime.InferenceSession({file_name(case.model)})   {limits(case.model)}",
        f"token_ids = np.array([{case.token_ids}])",
    ]
    if isinstance(scheme, Learned):
        outputs = '["token_embeddings", "position_embeddings"]'
        return [
            *lines,
            f'rows, added = layer.run({outputs}, {{"token_ids": token_ids}})',
            f"vectors = rows[0]{case.times(scheme, 'np.float32({})')} + added   # {shape}",
        ]
    lines.append(f'rows = layer.run(["token_embeddings"], {{"token_ids": token_ids}})[0][0]   # {shape}')
    if isinstance(scheme, Sinusoidal):
        lines += [
            *_graph("sinusoidal", {"positions": f"np.arange({case.n}.0)", **_waves(case.d_model, scheme)}),
            f'waves = graph.run(["position_embeddings"], inputs)[0]   # {shape}',
            f"vectors = rows{case.times(scheme, 'np.float32({})')} + waves   # {shape}",
        ]
    return lines


def _heads(scheme: Scheme, case: Case) -> Lines:
    """Return what normalizes the vectors and cuts them into heads; an input layer has no W_q and W_k of its own."""
    vectors, lines = "vectors" if isinstance(scheme, Absolute) else "rows", []
    if case.heads.is_normalized:
        lines += [
            f"centered = {vectors} - {vectors}.mean(1, dtype=np.float64, keepdims=True)   # layer norm, no gain, no bias",
            f"{vectors} = (centered / np.sqrt((centered**2).mean(1, keepdims=True) + 1e-5)).astype(np.float32)",
        ]
    cut = f"{vectors}.reshape({case.n}, {case.n_heads}, {case.head_dim}).transpose(1, 0, 2){case.chosen}"
    return [*lines, f"q = k = {cut}   # {case.split}: an input layer has no W_q, W_k"]


@singledispatch
def _scores(scheme: Scheme, case: Case) -> Lines:
    raise NotImplementedError(scheme.name, case)


@_scores.register(NoPosition)
@_scores.register(Absolute)
def _plain(scheme: Scheme, case: Case) -> Lines:
    del scheme
    return [*_graph("none", _SIDES), f'scores = graph.run(["scores"], inputs)[0]   # {case.scores}']


@_scores.register
def _shaw(scheme: Shaw, case: Case) -> Lines:
    return [
        _places(case),
        _table(scheme, case, 2 * scheme.max_distance + 1, case.head_dim),
        *_graph("shaw", _SIDES | _PLACES | {"table": "table"}),
        f'scores = graph.run(["scores"], inputs)[0]   # {case.scores}',
    ]


@_scores.register
def _bert(scheme: BertRelative, case: Case) -> Lines:
    terms, words = '["scores", "query_scores"]', "q·k + q·a"
    if scheme.has_key_term:
        terms, words = '["scores", "query_scores", "key_scores"]', "q·k + q·a + k·a"
    return [
        _places(case),
        _table(scheme, case, 2 * scheme.max_distance - 1, case.head_dim),
        *_graph("bert_relative", _SIDES | _PLACES | {"table": "table"}),
        f"scores = sum(graph.run({terms}, inputs))   # {case.scores}: {words}",
    ]


@_scores.register
def _deberta(scheme: Deberta, case: Case) -> Lines:
    n_rows = 2 * (scheme.n_buckets or scheme.max_distance)
    inputs = {
        "key_table": "tables",
        "query_table": "tables",
        "rows_by_distance": "rows",
        "is_released": f"np.array({scheme.is_released})",
    }
    reach = min(case.n - 1, scheme.max_distance)
    return [
        _places(case),
        f"rows = deberta_rows({reach}, max_distance={scheme.max_distance}, n_buckets={scheme.n_buckets})"
        f"   # [{2 * reach + 1}]: of distances {-reach} … {reach}",
        _table(scheme, case, n_rows, case.head_dim),
        f"tables = np.stack([table] * {case.n_chosen})   # [{case.n_chosen}, {n_rows}, {case.head_dim}]: every head has it",
        *_graph("deberta", _SIDES | _PLACES | inputs),
        f'scores = sum(graph.run(["c2c", "c2p", "p2c"], inputs))   # {case.scores}',
    ]


@_scores.register
def _t5(scheme: T5, case: Case) -> Lines:
    inputs = {"table": f"table{case.chosen_column}", "buckets_by_distance": "buckets"}
    reach = min(case.n - 1, scheme.max_distance)
    told = f"n_buckets={scheme.n_buckets}, max_distance={scheme.max_distance}"
    return [
        _places(case),
        f"buckets = t5_buckets({reach}, {told}, is_bidirectional={scheme.is_bidirectional})"
        f"   # [{2 * reach + 1}]: of distances {-reach} … {reach}",
        _table(scheme, case, scheme.n_buckets, case.n_heads),
        *_graph("t5", _PLACES | inputs),
        f'bias = graph.run(["attention_bias"], inputs)[0]   # {case.scores}',
        f"scores = q @ k.transpose(0, 2, 1) + bias   # {case.scores}; T5 leaves out the root",
    ]


@_scores.register
def _alibi(scheme: Alibi, case: Case) -> Lines:
    inputs = {
        "n_heads": f"np.array({case.n_heads})",
        "heads": f"np.arange({case.n_heads}){case.chosen}",
        "bias_max": _number(scheme.bias_max),
    }
    return [
        _places(case, is_real=True),
        *_graph("alibi", _PLACES | inputs),
        f'bias = graph.run(["attention_bias"], inputs)[0]   # {case.scores}',
        f"scores = q @ k.transpose(0, 2, 1) / {case.root} + bias   # {case.scores}",
    ]


@_scores.register
def _transformer_xl(scheme: TransformerXL, case: Case) -> Lines:
    n_heads, head_dim = case.n_heads, case.head_dim
    distances = f"np.arange({1 - case.n}, {case.n})"
    return [
        _places(case),
        f"identity = np.eye({head_dim}, dtype=np.float32)[None].repeat({case.n_chosen}, 0)"
        f"   # W_kR, [{case.n_chosen}, {head_dim}, {head_dim}]",
        f"u = {drawn(scheme.seed, n_heads, 1, head_dim)}{case.chosen}   # drawn, not learned",
        f"v = {drawn(scheme.seed + 1, n_heads, 1, head_dim)}{case.chosen}",
        *_graph(
            "transformer_xl",
            _SIDES
            | _PLACES
            | {
                "distances": distances,
                **_waves(head_dim, scheme),
                "projection": "identity",
                "u": "u",
                "v": "v",
            },
        ),
        f'scores = sum(graph.run(["a", "b", "c", "d"], inputs))   # {case.scores}',
    ]


@_scores.register
def _rope(scheme: Rope, case: Case) -> Lines:
    parameters, half = scheme.parameters, scheme.parameters.n_pairs(case.head_dim)
    values = {"length": case.n, **parameters.arguments(case.head_dim)}
    inputs = {"pairs": f"np.arange({half})"}
    inputs |= {name: _number(values[name]) for name in ARGUMENTS[parameters.scaling]}
    turned = {
        "frequencies": "frequencies",
        "attention_factor": "attention_factor",
        "is_interleaved": f"np.array({parameters.layout == 'interleaved'})",
    }
    return [
        _places(case, is_real=True),
        *_graph(f"rope_{parameters.scaling}", inputs),
        f"frequencies, attention_factor = graph.run(None, inputs)   # [{half}], radians a position; one number",
        *_graph("rope", _SIDES | _PLACES | turned),
        f'scores = graph.run(["scores"], inputs)[0]   # {case.scores}',
    ]


def _graph(name: str, inputs: Mapping[str, str]) -> Lines:
    """Return what opens a generic graph and names its inputs, as many a line as fit."""
    lines = [""]
    for key, code in inputs.items():
        item = f'"{key}": {code},'
        if len(lines[-1]) + len(item) > _WIDEST:
            lines.append("")
        lines[-1] += f" {item}" if lines[-1] else item
    if len(lines) == 1:
        named = ["inputs = {" + lines[0].removesuffix(",") + "}"]
    else:
        named = ["inputs = {", *(f"    {line}" for line in lines), "}"]
    return [f'graph = onnxruntime.InferenceSession("embedcore/engine/graphs/{name}.onnx")', *named]


def _waves(d_model: int, scheme: Sinusoidal | TransformerXL) -> dict[str, str]:
    is_halves = f"np.array({scheme.wave_layout == 'halves'})"
    return {"pairs": f"np.arange({d_model // 2})", "base": _number(scheme.base), "is_halves": is_halves}


def _places(case: Case, *, is_real: bool = False) -> str:
    return f"positions = np.arange({case.n}{'.0' * is_real})   # [{case.n}]"


def _table(scheme: Shaw | BertRelative | Deberta | T5, case: Case, n_rows: int, n_columns: int) -> str:
    if scheme.table is None:
        return f"table = {drawn(scheme.seed, n_rows, n_columns)}   # drawn, not learned"
    stored = f'next(t for t in onnx.load({file_name(case.model)}).graph.initializer if t.name == "position.table")'
    return f"stored = {stored}\ntable = numpy_helper.to_array(stored).astype(np.float32)   # [{n_rows}, {n_columns}]"


def _number(value: bool | float | list[float]) -> str:
    if isinstance(value, bool):
        return f"np.array({value})"
    if isinstance(value, list):
        numbers = [float(number) for number in value]
        return f"np.full({len(numbers)}, {numbers[0]})" if len(set(numbers)) == 1 else f"np.array({numbers})"
    return f"np.array({float(value)})"
