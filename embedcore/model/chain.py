"""The equation of a model: every array from a token's row to what enters block 1, and what rotary positions do there.

A file of the contract's version 1 lists no steps: there the parts are token, position and input vectors.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float

from embedcore import contract
from embedcore.layer.arithmetic import after_each
from embedcore.layer.steps import Step, input_steps
from embedcore.model.model import InputLayer, Model
from embedcore.model.scheme import scheme_of_model
from embedcore.schemes import Heads, Rotary
from embedcore.space.composition import making
from embedcore.values import ByContent

Operator = Literal["", "+", "×", "=", "→"]
_ADDED: Final = ("add", "positions")
_NAMES: Final = {"positions": "position vectors", "multiply": "weights"}


@dataclass(frozen=True, slots=True, eq=False)
class Part(ByContent):
    """One array of an equation: the sign before it, what an arrow stands for in a few words, its title and its rows."""

    operator: Operator
    words: str
    title: str
    values: Float[np.ndarray, "sequence width"]


def chain(model: Model, layer: InputLayer) -> tuple[Part, ...]:
    """Return the parts of the equation of the first sequence of a run, in order; the last are its input vectors.

    What is added stands there as it is added; a step that is no sum is an arrow to what comes out of it. The arrays
    between are float64 by the formulas of `embedcore.layer.arithmetic`, the first and the last those of the file.
    """
    steps = input_steps(model.metadata)
    if not steps:
        return plain_parts(layer)
    parts = [Part("", "", "token vectors", layer.token_embeddings[0]), *_between(model, layer, steps)]
    last = layer.input_embeddings[0]
    if steps and steps[-1].kind not in (*_ADDED, "multiply"):
        return (*parts[:-1], Part(parts[-1].operator, parts[-1].words, "input vectors", last))
    return (*parts, Part("=", "", "input vectors", last))


def turned(model: Model, layer: InputLayer, *, head: int = 0) -> tuple[Part, ...]:
    """Return queries and keys of block 1 before and after they turn; the waves by which they do where there are none.

    No parts where the model's scheme turns nothing. `head` is one of the queries.
    """
    if contract.ROTARY_COS not in layer.extras:
        return ()
    scheme = scheme_of_model(model) if contract.QUERIES in layer.extras else None
    if not isinstance(scheme, Rotary):
        waves = (("cosines", contract.ROTARY_COS), ("sines", contract.ROTARY_SIN))
        return tuple(Part("", "", title, layer.extras[name]) for title, name in waves)
    group = model.metadata.n_heads // model.metadata.n_kv_heads  # heads of queries that read one head of keys
    parts: list[Part] = []
    for name, own in ((contract.QUERIES, head), (contract.KEYS, head // group)):
        vectors = layer.extras[name][0, own]
        after = scheme.rotated(vectors, np.arange(len(vectors)), Heads(1, is_normalized=False))[0]
        parts += [Part("", "", name, vectors), Part("→", "turn", f"turned {name}", after)]
    return tuple(parts)


def plain_parts(layer: InputLayer) -> tuple[Part, ...]:
    """Return token, position and input vectors, and no arrays between: what a file without steps tells."""
    parts = [Part("", "", "token vectors", layer.token_embeddings[0])]
    if layer.position_embeddings is not None:
        parts.append(Part("+", "", "position vectors", layer.position_embeddings))
    made = making(layer.token_embeddings, layer.position_embeddings, layer.input_embeddings)
    return (*parts, Part("→" if made == "more" else "=", "", "input vectors", layer.input_embeddings[0]))


def _between(model: Model, layer: InputLayer, steps: tuple[Step, ...]) -> Iterator[Part]:
    before = layer.token_embeddings[:1].astype(np.float64)
    walked = after_each(
        steps,
        before,
        token_ids=layer.token_ids[:1],
        positions=layer.position_embeddings,
        weights=model.step_weights,
    )
    for step, after in walked:
        if step.kind in _ADDED:
            yield Part("+", "", _NAMES.get(step.kind, step.words), (after - before)[0])
        elif step.kind == "multiply":
            weight = model.step_weights[step.weights["weight"]].astype(np.float64)
            yield Part("×", "", _NAMES["multiply"], np.broadcast_to(weight, after[0].shape))
        else:
            yield Part("→", arrow_words(step), f"after {arrow_words(step)}", after[0])
        before = after


def arrow_words(step: Step) -> str:
    """Return what an arrow stands for, as short as a gap between two pictures is wide.

    >>> arrow_words(Step("scale", numbers={"factor": 24.0}))
    '× 24'
    """
    if step.kind == "scale":
        return f"× {step.numbers['factor']:.4g}"
    return {"projection": "matrix", "clip": "clip", "replace": "swap", "neighbors": "neighbors"}.get(
        step.kind, step.words
    )


def rows_in_turn(parts: Sequence[Part]) -> Float[np.ndarray, "rows widest"]:
    """Return the rows of several parts in turn, the first of each, then the second; narrower ones end with NaN."""
    widest = max(part.values.shape[1] for part in parts)
    values = np.full(
        (len(parts[0].values), len(parts), widest), np.nan, np.result_type(*(part.values for part in parts))
    )
    for number, part in enumerate(parts):
        values[:, number, : part.values.shape[1]] = part.values
    return values.reshape(-1, widest)
