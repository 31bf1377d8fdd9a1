"""What enters block 1 of a model, and the queries and keys of block 1 before any position acts."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from tests.families.hooks import Seen, see
from tests.families.rows import Row

Pair = tuple[Tensor, Tensor]  # queries and keys

# Names of the two projections, at the end of a module's name.
_PAIRS: Final = (
    ("q_proj", "k_proj"),
    ("query", "key"),
    ("q_lin", "k_lin"),
    ("query_proj", "key_proj"),
    ("project_q", "project_k"),
    ("attn.q", "attn.k"),
    ("Attention.q", "Attention.k"),
)


@dataclass(frozen=True)
class Captured:
    """Tensors of one run: [batch, sequence, …] and [batch, heads, sequence, head_dim]; how the queries were seen."""

    input_embeddings: Tensor
    queries: Tensor | None
    keys: Tensor | None
    token_embeddings: Tensor | None
    streams: Tensor | None
    how: str
    block: str


def capture(model: nn.Module, token_ids: Tensor, row: Row) -> Captured:
    """Run a model on ids and return what its block 1 gets, and the queries and keys that it makes.

    Gradients are recorded, so that a caller can ask which weights took part.
    """
    config: Any = model.config
    inputs: dict[str, Any] = {name: torch.zeros(shape) for name, shape in row.inputs.items()}
    if not row.call and any(hasattr(part, "use_cache") for part in (config, getattr(config, "text_config", None))):
        inputs["use_cache"] = False

    # A fresh copy of the ids each time: fsmt writes into what it is given.
    called = getattr(model, row.call) if row.call else model

    def run(**how: bool) -> Seen:
        return see(model, lambda: called(**{**inputs, row.ids: token_ids.clone()}), token_ids, row.block, **how)

    turned, still = run(), run(turn=False)
    if not turned.inputs:
        raise LookupError("no list of blocks ran")
    batch, sequence = token_ids.shape
    given = _batch_first(turned.inputs[row.argument][:, row.skip :], batch, sequence)
    stream = _one_stream(given, batch, sequence, row.streams)
    queries, keys, how = _queries(turned, still, row, batch, sequence)
    return Captured(
        input_embeddings=stream,
        queries=queries,
        keys=keys,
        token_embeddings=turned.rows,
        streams=None if given is stream else given,
        how=how,
        block=turned.block,
    )


def _batch_first(states: Tensor, batch: int, sequence: int) -> Tensor:
    if states.ndim == 3 and states.shape[0] != batch == states.shape[1]:  # xlnet, fsmt, longformer
        states = states.transpose(0, 1)
    return states[:, :sequence] if states.ndim == 3 and states.shape[1] > sequence else states  # padded to a window


def _one_stream(states: Tensor, batch: int, sequence: int, streams: int) -> Tensor:
    """Return one of the streams that enter block 1, the first."""
    if states.ndim == 4:
        return states[:, :, 0] if states.shape[:2] == (batch, sequence) else states[0]
    return states[..., : states.shape[-1] // streams] if streams > 1 else states


def _queries(
    turned: Seen, still: Seen, row: Row, batch: int, sequence: int
) -> tuple[Tensor | None, Tensor | None, str]:
    """Return queries, keys and where they were seen: at the attention if rotations did nothing, or before it."""

    def in_heads(pair: Pair) -> Pair:
        query, key = (_batch_first(each, batch, sequence) for each in pair)
        head_dim = query.shape[-1] // row.n_heads
        query, key = (each.reshape(batch, sequence, -1, head_dim).transpose(1, 2) for each in (query, key))
        return query, key

    if row.queries == "none":
        return None, None, "none"
    if " " in row.queries:
        outputs = dict(turned.projected)
        first, second = row.queries.split()
        return *in_heads((outputs[first], outputs[second])), "projections"
    if row.queries == "einsum":
        query, key = (each.permute(1, 2, 0, 3) for each in turned.einsums[:2])
        return query, key, "einsum"
    product = _of_product(still.products, batch, sequence)
    if row.queries == "products" and product:
        return product[0] * row.query_scale, product[1][:, :: row.key_repeats], "product"
    projected = _pair(turned.projected)
    projected = in_heads(projected) if projected else None
    attended = still.attended[0] if still.attended else None if projected else product
    return _agreed(attended, _before_turning(turned.rotated, sequence), projected, turned.error or still.error)


def _agreed(
    attended: Pair | None, before: Pair | None, projected: Pair | None, error: str
) -> tuple[Tensor | None, Tensor | None, str]:
    """Return the pair that no position and no later step has touched, of those at attention, rotation and projection."""
    if before and attended is None:
        return *before, "rotation"
    if before and attended and before[0].shape == attended[0].shape and not _alike(before, attended):
        return *before, "rotation; a norm or a scale acts after it"
    if attended is None:
        return (*projected, "projections") if projected else (None, None, f"not seen: {error}")
    if projected and attended[0].shape == projected[0].shape and not torch.equal(attended[0], projected[0]):
        scaled = projected[0] * projected[0].shape[-1] ** -0.5
        if torch.allclose(attended[0], scaled, atol=1e-6, rtol=1e-5):
            return *projected, "projections; attention takes them scaled"
        return *attended, "attention; not the projections alone"
    return *attended, "attention"


def _pair(projected: list[tuple[str, Tensor]]) -> Pair | None:
    outputs: dict[str, Tensor] = {}
    for name, value in projected:
        outputs.setdefault(f".{name}", value)  # of a module that ran twice, and of two attentions, the first
    for first, second in _PAIRS:
        query = next((outputs[name] for name in outputs if name.endswith(f".{first}")), None)
        key = next((outputs[name] for name in outputs if name.endswith(f".{second}")), None)
        if query is not None and key is not None:
            return query, key
    return None


def _before_turning(rotated: list[list[Tensor]], sequence: int) -> Pair | None:
    """Return what the first rotation got: both at once, or one after the other."""
    if not rotated:
        return None
    tensors = rotated[0] if len(rotated[0]) > 1 else [each[0] for each in rotated[:2]]
    if len(tensors) < 2 or any(each.ndim != 4 for each in tensors[:2]):
        return None
    query, key = (each.transpose(1, 2) if each.shape[1] == sequence else each for each in tensors[:2])
    return query, key


def _alike(one: Pair, other: Pair) -> bool:
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _of_product(products: list[Pair], batch: int, sequence: int) -> Pair | None:
    """Return the factors of the first product of queries with keys, [batch, heads, sequence, head_dim] each."""
    for query, key in products:
        if query.shape[-2] == sequence == key.shape[-1] and query.shape[-1] == key.shape[-2]:
            query, key = (each.reshape(batch, -1, sequence, each.shape[-1]) for each in (query, key.transpose(-1, -2)))
            return query, key
    return None
