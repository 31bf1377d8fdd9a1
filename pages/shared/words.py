"""Sentences and code with the reader's own numbers in them."""

import numpy as np
import streamlit as st

from embedcore.composition import compose, norms
from pages.shared.controls import Reading


def shapes(reading: Reading) -> str:
    """Return the shapes of every array of this run, its time and provider, as Markdown."""
    layer, model = reading.layer, reading.model
    steps = [
        f"`token_ids {list(layer.token_ids.shape)}`",
        f"`token_embeddings {list(layer.token_embeddings.shape)}`",
    ]
    if layer.position_embeddings is not None:
        steps.append(f"+ `position_embeddings {list(layer.position_embeddings.shape)}`")
    steps.append(f"`input_embeddings {list(layer.input_embeddings.shape)}`")
    chain = " → ".join(steps).replace("→ +", "+")
    beside = ", ".join(f"`{name} {list(values.shape)}`" for name, values in layer.extras.items())
    chain += f"; for the attention {beside}" if beside else ""
    report = model.provider_report
    return (
        f"{chain}  \n:small[:gray[{model.name}, whose table is `[{model.metadata.n_vocab}, {model.metadata.d_model}]`, "
        f"ran in {layer.seconds * 1000:.2f} ms on the {report.actual.upper()}.]]"
    )


def chosen_token(reading: Reading, index: int) -> str:
    """Return one line on the token at `index` of the window: its id and the lengths of its three vectors."""
    layer = reading.layer
    token_id = int(layer.token_ids[0, index])
    line = f"**Token {code(reading.labels[index])}** is row {token_id} of the table"
    if layer.position_embeddings is None:
        return line + "; this model adds no position."
    parts = compose(layer.token_embeddings[0], layer.position_embeddings, layer.input_embeddings[0])
    return (
        f"{line}. Lengths: token vector {parts.token_norms[index]:.3f}, position vector "
        f"{parts.position_norms[index]:.3f}, their sum {parts.input_norms[index]:.3f}; "
        f"{parts.position_share[index]:.0%} of the sum comes from the position."
    )


def distance(left: np.ndarray, right: np.ndarray) -> str:
    """Return how far apart two vectors are, in words."""
    return f"{norms((left - right)[None])[0]:.4f}"


def code(text: str) -> str:
    """Return `text` as Markdown code, whatever it holds: never markup, never a link."""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def run_it_yourself(pytorch: str, runtime: str, formula: str | None = None) -> None:
    """Show the formula, and the lines of PyTorch and ONNX Runtime that give what the page shows."""
    if formula:
        st.latex(formula)
    left, right = st.tabs(["PyTorch", "ONNX Runtime"])
    left.code(pytorch, language="python")
    right.code(runtime, language="python")
