"""Train the small GPT on a corpus, and keep what its token and position tables become."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from embedcore.errors import ShapeError
from embedcore.nn.gpt import GPT
from embedcore.values import ByContent

_HOLD_OUT: Final = 50  # every 50th document, where all its tokens occur elsewhere too
_WARMUP: Final = 100
_FLOOR: Final = 0.05  # the last learning rate, as a share of the highest
_N_VALIDATION_WINDOWS: Final = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """What training depends on, besides the corpus; the same settings give the same tables, bit for bit."""

    steps: int = 4000
    n_layers: int = 2
    n_heads: int = 4
    d_model: int = 64
    context_length: int = 256
    batch_size: int = 16
    learning_rate: float = 4e-3
    dropout: float = 0.1
    seed: int = 123
    threads: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Token ids ready for training: `ids` index into `token_ids`, the sorted distinct ids that training sees.

    It holds torch's tensors, so it is equal to itself alone.
    """

    ids: Tensor  # int64 [n_tokens]
    validation: Tensor  # int64 [n_validation_tokens]
    token_ids: np.ndarray  # int64 [n_distinct]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(ByContent):
    """The token rows that training sees, after `step` steps: `rows` float16 [n_distinct, d_model]."""

    step: int
    loss: float
    rows: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Trained(ByContent):
    """The tables after training, float32, and the losses (mean cross-entropy in nats per token)."""

    rows: np.ndarray  # [n_distinct, d_model]
    positions: np.ndarray  # [context_length, d_model]
    train_loss: float
    validation_loss: float | None  # None where nothing is held out
    snapshots: tuple[Snapshot, ...]


def prepare(documents: Sequence[np.ndarray], separator: int, settings: Settings) -> Corpus:
    """Join documents of token ids into streams, `separator` after each; hold out every 50th where it can be.

    Raises ShapeError if the corpus is shorter than one window.
    """
    held = [document for index, document in enumerate(documents) if index % _HOLD_OUT == _HOLD_OUT - 1]
    kept = [document for index, document in enumerate(documents) if index % _HOLD_OUT != _HOLD_OUT - 1]
    known = np.unique(np.concatenate([*kept, [separator]])) if kept else np.array([separator])
    kept += [document for document in held if not np.isin(document, known).all()]
    held = [document for document in held if np.isin(document, known).all()]
    stream, validation = _join(kept, separator), _join(held, separator)
    if len(stream) <= settings.context_length:
        msg = (
            f"the corpus has {len(stream):,} tokens, but one window needs {settings.context_length + 1:,}: "
            "give more text, or a shorter --context-length"
        )
        raise ShapeError(msg)
    token_ids = np.unique(stream)
    return Corpus(
        torch.from_numpy(np.searchsorted(token_ids, stream)),
        torch.from_numpy(np.searchsorted(token_ids, validation)),
        token_ids,
    )


def train(corpus: Corpus, settings: Settings, report: Callable[[str], None]) -> Trained:
    """Train from `settings.seed` and return the tables. `report` gets a line of progress now and then.

    The softmax runs over the tokens that occur, so rows of all others stay where they began.
    """
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(settings.seed)
    model = GPT(
        n_vocab=len(corpus.token_ids),
        d_model=settings.d_model,
        context_length=settings.context_length,
        n_layers=settings.n_layers,
        n_heads=settings.n_heads,
        dropout=settings.dropout,
    )
    optimizer = _optimizer(model, settings)
    snapshots = [Snapshot(0, math.log(len(corpus.token_ids)), _rows(model))]
    keep = set(np.unique(np.geomspace(1, settings.steps, 16).round().astype(int)).tolist())
    smooth, start = math.nan, time.perf_counter()
    model.train()
    for step, (inputs, targets) in enumerate(_batches(corpus.ids, settings), start=1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        loss = _loss(model, inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        smooth = loss.item() if math.isnan(smooth) else 0.98 * smooth + 0.02 * loss.item()
        if step in keep:
            snapshots.append(Snapshot(step, smooth, _rows(model)))
        if step % 50 == 0 or step == settings.steps:
            report(_progress(step, smooth, time.perf_counter() - start, settings))
    return Trained(
        rows=model.token_embedding.weight.detach().numpy().copy(),
        positions=model.position_embedding.weight.detach().numpy().copy(),
        train_loss=smooth,
        validation_loss=_validate(model, corpus.validation, settings),
        snapshots=tuple(snapshots),
    )


def learning_rate(step: int, settings: Settings) -> float:
    """Return the rate of `step` (from 1): 100 steps of linear warm-up, then a cosine down to 5 % of the highest."""
    warmup = min(_WARMUP, settings.steps // 5 + 1)
    if step <= warmup:
        return settings.learning_rate * step / warmup
    progress = (step - warmup) / max(1, settings.steps - warmup)
    return settings.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))


def _join(documents: Sequence[np.ndarray], separator: int) -> np.ndarray:
    parts = [part for document in documents for part in (document, [separator])]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _optimizer(model: GPT, settings: Settings) -> torch.optim.Optimizer:
    """Return an AdamW that decays the matrices of the blocks only, and never a table, a bias or a norm."""
    decayed = [weight for name, weight in model.blocks.named_parameters() if weight.ndim == 2]
    names = {id(weight) for weight in decayed}
    others = [weight for weight in model.parameters() if id(weight) not in names]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))


def _batches(ids: Tensor, settings: Settings) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(settings.seed)
    offsets = torch.arange(settings.context_length + 1)
    for _ in range(settings.steps):
        starts = torch.randint(len(ids) - settings.context_length, (settings.batch_size, 1), generator=generator)
        windows = ids[starts + offsets]
        yield windows[:, :-1], windows[:, 1:]


def _loss(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


def _validate(model: GPT, ids: Tensor, settings: Settings) -> float | None:
    """Return the mean loss over the first windows of the held-out text; None where there is none."""
    length = settings.context_length
    n_windows = min(_N_VALIDATION_WINDOWS, (len(ids) - 1) // length)
    if n_windows < 1:
        return None
    model.eval()
    with torch.no_grad():
        losses = [
            _loss(model, ids[None, i * length : (i + 1) * length], ids[None, i * length + 1 : (i + 1) * length + 1])
            for i in range(n_windows)
        ]
    return float(torch.stack(losses).mean())


def _rows(model: GPT) -> np.ndarray:
    return model.token_embedding.weight.detach().numpy().astype(np.float16)


def _progress(step: int, loss: float, seconds: float, settings: Settings) -> str:
    tokens = step * settings.batch_size * settings.context_length / seconds
    left = seconds / step * (settings.steps - step)
    return (
        f"step {step:,} of {settings.steps:,}   loss {loss:.3f}   {tokens:,.0f} tokens/s   "
        f"{int(left // 60)} min {int(left % 60):02d} s left"
    )
