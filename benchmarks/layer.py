"""Lookup + sum through the exported file, against torch, numpy, and the time to copy the bytes that it writes."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.timing import Line, in_turns, milliseconds
from embedcore.model.open import open_model
from embedcore.nn import InputLayer
from export.random import random_layer
from export.writer import write_model

N_VOCAB, D_MODEL, CONTEXT_LENGTH = 50_257, 768, 1_024


def lines() -> list[Line]:
    """Measure 64 × 1,024 tokens at d_model 768 (GPT-2 small), and a class-room batch of 8 × 4."""
    layer = random_layer(
        n_vocab=N_VOCAB, d_model=D_MODEL, context_length=CONTEXT_LENGTH, seed=123, positions="learned"
    ).eval()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gpt2-small.onnx"
        write_model(layer, path, name="gpt2-small", tokenizer="gpt2", source="a benchmark", provenance={})
        model = open_model(path, provider="cpu")
    table = layer.table.detach().numpy()
    positions = model.positions

    lines = []
    for batch, sequence, rounds in ((64, 1_024, 15), (8, 4, 300)):
        ids = np.random.default_rng(0).integers(0, N_VOCAB, (batch, sequence))
        written = model.run(ids)
        source = np.concatenate([written.token_embeddings, written.input_embeddings]).ravel()
        target = source.copy()  # its pages are there already: a copy into new memory takes three times as long

        medians = in_turns(
            {
                "ONNX Runtime": partial(model.run, ids),
                "copy of the bytes written": partial(np.copyto, target, source),
                "torch eager": partial(_by_torch, layer, torch.from_numpy(ids)),
                "numpy": partial(_by_numpy, table, positions, ids),
            },
            rounds=rounds,
        )
        runtime = medians["ONNX Runtime"]
        name = f"{batch} × {sequence:,} tokens, d_model {D_MODEL}"
        is_large = batch == 64
        lines += [
            Line(
                f"lookup + sum, {name}: time / copy of its bytes",
                f"{runtime / medians['copy of the bytes written']:.2f} ×",
                "≤ 2.0 ×" if is_large else "",
                milliseconds(medians),
            ),
            Line(
                f"lookup + sum, {name}: torch eager / ours",
                f"{medians['torch eager'] / runtime:.2f} ×",
                "≥ 3 ×" if is_large else "",
                f"numpy / ours {medians['numpy'] / runtime:.2f} ×",
            ),
        ]
    return lines


def _by_torch(layer: InputLayer, token_ids: torch.Tensor) -> object:
    with torch.no_grad():
        return layer(token_ids)


def _by_numpy(table: np.ndarray, positions: np.ndarray, token_ids: np.ndarray) -> object:
    rows = table[token_ids]
    return rows, rows + positions[: token_ids.shape[1]]
