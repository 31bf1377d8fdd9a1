"""Small layers of steps, drawn from a seed: every kind of step, every scheme of checkpoints, every way to store a table."""

from typing import Any

import numpy as np

from embedcore.layer.steps import KINDS, Step
from export.layer.spec import LayerSpec, Table
from export.sources.source import Blocks

N_VOCAB, WIDTH = 60, 32


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def drawn_blocks(n_rows: int, width: int) -> Blocks:
    stream = np.random.default_rng([n_rows, width])
    values = stream.integers(-127, 128, (n_rows, width // 32, 32)).astype(np.int8)
    return Blocks(values, stream.uniform(0.001, 0.02, (n_rows, width // 32)).astype(np.float16))


def a_spec(**changes: Any) -> LayerSpec:
    """Return a plain lookup with `changes`."""
    own: dict[str, Any] = {
        "table": Table.of(drawn(N_VOCAB, WIDTH)),
        "d_model": WIDTH,
        "context_length": 12,
        "tokenizer": "gpt2",
        "source": "drawn by a test",
        "license": "MIT",
    }
    return LayerSpec(**{**own, **changes})


# One example of every kind of step, with the weights that it needs and the width that comes out.
EXAMPLES: dict[str, tuple[Step, dict[str, np.ndarray], int]] = {
    "scale": (Step("scale", numbers={"factor": 5.656854249492381}), {}, WIDTH),
    "multiply": (Step("multiply", {"weight": "m"}), {"m": drawn(WIDTH)}, WIDTH),
    "add": (Step("add", {"row": "a"}, title="token type"), {"a": drawn(WIDTH)}, WIDTH),
    "positions": (
        Step("positions", {"padding": "pad"}, {"padding_id": 1}),
        {"pad": drawn(WIDTH)},
        WIDTH,
    ),
    "layer_norm": (
        Step("layer_norm", {"weight": "w", "bias": "b"}, {"epsilon": 3e-4}),
        {"w": drawn(WIDTH), "b": drawn(WIDTH, seed=1)},
        WIDTH,
    ),
    "rms_norm": (Step("rms_norm", {"weight": "w"}, {"epsilon": 3e-4, "heads": 4}), {"w": drawn(WIDTH // 4)}, WIDTH),
    "projection": (
        Step("projection", {"weight": "p", "bias": "b"}, {"out": 20}),
        {"p": drawn(20, WIDTH), "b": drawn(20)},
        20,
    ),
    "clip": (Step("clip", numbers={"limit": 0.5}), {}, WIDTH),
    "replace": (Step("replace", {"row": "r"}, {"token_id": 5}), {"r": drawn(WIDTH)}, WIDTH),
    "neighbors": (Step("neighbors"), {}, 3 * WIDTH),
    "past_text": (Step("past_text", numbers={"padding_id": 4}), {}, WIDTH),
    "mask_share": (Step("mask_share", numbers={"token_id": 4, "kept": 0.88}), {}, WIDTH),
}
assert EXAMPLES.keys() == KINDS.keys()


def spec_of(kind: str) -> LayerSpec:
    """Return a layer with one step of this kind, and the scheme that it needs."""
    step, weights, width = EXAMPLES[kind]
    changes: dict[str, Any] = {"steps": (step,), "weights": weights, "d_model": width}
    if kind == "positions":
        changes |= {"scheme": "learned", "position_table": drawn(14, WIDTH).astype(np.float16)}
    return a_spec(**changes)


_HEADS = {"n_heads": 4, "n_kv_heads": 4, "head_dim": 8}
SCHEMES: dict[str, dict[str, Any]] = {
    "none": {},
    "learned": {"scheme": "learned", "position_table": drawn(12, WIDTH), "steps": (Step("positions"),)},
    "sinusoidal": {"scheme": "sinusoidal", "parameters": {"base": 10_000.0}, "steps": (Step("positions"),)},
    "alibi": {"scheme": "alibi", "parameters": {"n_heads": 4}, **_HEADS},
    "t5": {
        "scheme": "t5",
        "parameters": {"n_heads": 4, "n_buckets": 8, "max_distance": 20, "is_bidirectional": True},
        "position_table": drawn(8, 4),
        **_HEADS,
    },
    **{
        f"rope {scaling}": {
            "scheme": "rope",
            "parameters": {"n_heads": 4, "base": 10_000.0, "layout": layout, "scaling": scaling, **numbers},
            **_HEADS,
        }
        for scaling, layout, numbers in (
            ("none", "half", {}),
            ("linear", "interleaved", {"factor": 2.0}),
            (
                "llama3",
                "half",
                {"factor": 4.0, "original_length": 6, "low_frequency_factor": 1.0, "high_frequency_factor": 4.0},
            ),
            ("yarn", "half", {"factor": 4.0, "original_length": 6}),
            ("longrope", "half", {"factor": 2.0, "original_length": 6, "short_factors": [1.0], "long_factors": [2.0]}),
            ("stepped", "half", {"original_length": 4}),
        )
    },
}


def with_queries(**changes: Any) -> LayerSpec:
    """Return a layer like Llama's: an RMS norm and projections in blocks and in float16, keys in fewer heads."""
    norm = Step("rms_norm", {"weight": "block.norm.weight"}, {"epsilon": 3e-4})
    own = {
        "weights": {
            "block.norm.weight": drawn(WIDTH),
            "block.queries.weight": drawn_blocks(48, WIDTH),
            "block.keys.weight": drawn(24, WIDTH).astype(np.float16),
        },
        "query_steps": (norm, Step("projection", {"weight": "block.queries.weight"}, {"out": 48})),
        "key_steps": (norm, Step("projection", {"weight": "block.keys.weight"}, {"out": 24})),
        "scheme": "rope",
        "parameters": {"n_heads": 4, "base": 10_000.0, "layout": "half", "scaling": "none"},
        "n_heads": 4,
        "n_kv_heads": 2,
        "head_dim": 12,
    }
    return a_spec(**{**own, **changes})
