"""Positional schemes on 1,024 tokens: generic graphs against torch eager and the plain score, and the page itself."""

import statistics
import time
from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from streamlit.testing.v1 import AppTest

from benchmarks.timing import ROOT, Line, in_turns, milliseconds
from embedcore.engine.generic_graphs import run_graph
from embedcore.nn import GRAPHS
from embedcore.schemes.outputs import SCHEME_OUTPUTS

N_TOKENS, N_HEADS, HEAD_DIM, MAX_DISTANCE = 1_024, 12, 64, 128
VIEWS = ("What is given", "Scores", "Distance")

Inputs = Mapping[str, np.ndarray]


def lines() -> list[Line]:
    """Measure the scores of 12 heads of 64 over 1,024 tokens, scheme by scheme, then the page with all schemes."""
    return [*(_scheme(name, inputs) for name, inputs in cases().items()), *_page()]


def cases() -> dict[str, Inputs]:
    """Return the inputs of each generic graph that is measured, by the name of the graph."""
    generator, places = np.random.default_rng(0), np.arange(N_TOKENS)
    queries, keys = generator.standard_normal((2, N_HEADS, N_TOKENS, HEAD_DIM), dtype=np.float32)
    table = generator.standard_normal((2 * MAX_DISTANCE + 1, HEAD_DIM), dtype=np.float32)
    sides = {"queries": queries, "keys": keys}
    seated = sides | {"query_positions": places, "key_positions": places}
    rotation = {"frequencies": 10_000.0 ** (-np.arange(0, HEAD_DIM, 2) / HEAD_DIM), "attention_factor": np.float64(1)}
    return {
        "rope": seated | rotation | {"is_interleaved": np.array(0, bool)},
        "shaw": seated | {"table": table},
        "bert_relative": seated | {"table": table},
        "transformer_xl": seated
        | {
            "distances": np.arange(1 - N_TOKENS, N_TOKENS),
            "pairs": np.arange(HEAD_DIM // 2),
            "base": np.float64(10_000),
            "projection": np.repeat(np.eye(HEAD_DIM, dtype=np.float32)[None], N_HEADS, axis=0),
            "u": queries[:, :1],
            "v": keys[:, :1],
            "is_halves": np.array(0, bool),
        },
    }


def _scheme(name: str, inputs: Inputs) -> Line:
    graph = GRAPHS[name]
    sides = {side: inputs[side] for side in ("queries", "keys")}
    tensors = [torch.as_tensor(inputs[key], dtype=example.dtype) for key, (example, _) in graph.inputs.items()]
    medians = in_turns(
        {
            "ONNX Runtime": partial(run_graph, name, **inputs),
            "plain q·k": partial(run_graph, "none", **sides),
            "torch eager": partial(_by_torch, graph.module, tensors),
        },
        rounds=9,
    )
    runtime = medians["ONNX Runtime"]
    return Line(
        f"{name} scores, {N_TOKENS:,} tokens, {N_HEADS} heads: torch eager / ours",
        f"{medians['torch eager'] / runtime:.2f} ×",
        "",
        f"ours / plain score {runtime / medians['plain q·k']:.1f} ×; {milliseconds(medians)}",
    )


def _page() -> list[Line]:
    lines = []
    for view in VIEWS:
        app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=120)
        app.query_params["model"] = "random-gpt2"
        for key, value in {"view": view, "schemes": list(SCHEME_OUTPUTS), "text": "tuple list is " * N_TOKENS}.items():
            app.session_state[key] = value
        app.run()
        app.switch_page("positions.py").run()
        seconds = []
        for token in range(12):
            app.session_state["token"] = token
            start = time.perf_counter()
            app.run()
            seconds.append(time.perf_counter() - start)
        n_bytes = sum(len(chart.proto.spec) for chart in app.get("plotly_chart"))
        lines.append(
            Line(
                f"Positions, {view}: {N_TOKENS:,} tokens, all {len(SCHEME_OUTPUTS)} schemes",
                f"{statistics.median(seconds[2:]) * 1000:.0f} ms",
                "≤ 500 ms",
                f"another token chosen, median of {len(seconds) - 2}; {n_bytes / 1e6:.2f} MB of charts",
            )
        )
    return lines


def _by_torch(module: torch.nn.Module, tensors: list[torch.Tensor]) -> object:
    with torch.no_grad():
        return module(*tensors)
