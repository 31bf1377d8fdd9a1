"""A run of a model → FirstBlock: what its file says of the queries and keys of block 1, for the text of the run."""

import numpy as np

from embedcore.layer.arithmetic import after_each
from embedcore.layer.block import OF_A_TEXT, FirstBlock
from embedcore.layer.rule import rule_of
from embedcore.layer.steps import has_queries, input_steps, key_steps, query_steps
from embedcore.model.model import InputLayer, Model


def first_block(model: Model, layer: InputLayer) -> FirstBlock | None:
    """Return block 1 of `model` for the first sequence of a run; None where the file has no queries and keys of it.

    None also where a step that looks at other tokens stands after the positions.
    """
    metadata = model.metadata
    steps = input_steps(metadata)
    places = [number for number, step in enumerate(steps) if step.kind == "positions"]
    before, rest = (steps[: places[0]], steps[places[0] + 1 :]) if places else (steps, ())
    if not has_queries(metadata) or any(step.kind in OF_A_TEXT for step in rest):
        return None
    rows = layer.token_embeddings[:1]
    if not places:
        rows = layer.input_embeddings[:1]
    elif before:
        ids = layer.token_ids[:1]
        walked = after_each(before, rows, token_ids=ids, positions=None, weights=model.step_weights)
        rows = [values for _, values in walked][-1]
    return FirstBlock(
        rows[0].astype(np.float32),
        rest,
        query_steps(metadata),
        key_steps(metadata),
        model.step_weights,
        int(metadata.n_heads),
        int(metadata.n_kv_heads),
        int(metadata.head_dim),
        rule_of(metadata),
    )
