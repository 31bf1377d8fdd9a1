"""`python -m export train`: train a small GPT on Python's own documentation, and write its input layer."""

import argparse
import hashlib
import io
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from embedcore import contract
from embedcore.cache import write_atomically
from embedcore.errors import ModelFileError, ShapeError
from embedcore.model.id_sets import pack_ids
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.tokens.tokenizer import get_tokenizer
from export import corpus as text
from export.file_size import LARGEST
from export.trainer import Corpus, Settings, Trained, prepare, train
from export.writer import write_model

HELP: Final = "train a small GPT on Python's documentation (half an hour on two cores) and write its input layer"
_INITIAL_STD: Final = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their defaults made the committed file."""
    defaults = Settings()
    parser.add_argument("-o", "--output", type=Path, default=Path("models/pydoc-gpt.onnx"))
    parser.add_argument("--steps", type=int, default=defaults.steps)
    parser.add_argument("--layers", type=int, dest="n_layers", default=defaults.n_layers)
    parser.add_argument("--heads", type=int, dest="n_heads", default=defaults.n_heads)
    parser.add_argument("--d-model", type=int, default=defaults.d_model)
    parser.add_argument("--context-length", type=int, default=defaults.context_length)
    parser.add_argument("--batch-size", type=int, default=defaults.batch_size)
    parser.add_argument("--learning-rate", type=float, default=defaults.learning_rate)
    parser.add_argument("--dropout", type=float, default=defaults.dropout)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument(
        "--threads",
        type=int,
        default=defaults.threads,
        help="how many threads torch takes; another number gives other weights",
    )
    parser.add_argument("--corpus-limit", type=int, metavar="N", help="train on the first N documents only")
    parser.add_argument(
        "--snapshots",
        type=Path,
        metavar="FILE.npz",
        help="also write the trained rows of several steps to this .npz file",
    )


def run(args: argparse.Namespace) -> None:
    """Train and write. An interrupt leaves no half-written file.

    Raises ShapeError for a setting out of its range, ModelFileError for a file that could not be written later.
    """
    settings = Settings(**{name: getattr(args, name) for name in asdict(Settings())})
    _check_settings(settings, args.corpus_limit)
    for path in filter(None, (args.output, args.snapshots)):
        _check_writable(path)
    try:
        _run(settings, args.corpus_limit, args.output, args.snapshots)
    except KeyboardInterrupt:
        print(f"stopped; {args.output} was not written", file=sys.stderr)
        raise SystemExit(130) from None


def _run(settings: Settings, corpus_limit: int | None, output: Path, snapshots: Path | None) -> None:
    tokenizer = get_tokenizer("gpt2")
    _check_size(settings, tokenizer.n_vocab)
    documents = text.documents()[:corpus_limit]
    ids = [tokenizer.encode(document).token_ids for document in documents]
    corpus = prepare(ids, tokenizer.special_tokens["<|endoftext|>"], settings)
    print(
        f"{len(documents):,} documents, {len(corpus.ids):,} tokens to train on, {len(corpus.token_ids):,} distinct; "
        f"{len(corpus.validation):,} held out"
    )
    trained = train(corpus, settings, print)
    if snapshots:
        _write_snapshots(snapshots, trained, corpus.token_ids)
    metadata = write_model(
        InputLayer(
            torch.from_numpy(full_table(trained.rows, corpus.token_ids, tokenizer.n_vocab, settings.seed)),
            Learned(torch.from_numpy(trained.positions.astype(np.float16))),
            context_length=settings.context_length,
        ),
        output,
        name=output.stem,
        tokenizer="gpt2",
        source="python -m export train: a small weight-tied GPT, trained on Python's own documentation",
        provenance=_provenance(settings, documents, corpus, trained, tokenizer.n_vocab),
    )
    held_out = "nothing held out" if trained.validation_loss is None else f"held-out loss {trained.validation_loss:.3f}"
    print(
        f"train loss {trained.train_loss:.3f}, {held_out}\n"
        f"wrote {output}: {metadata.n_vocab:,} × {metadata.d_model}, weights {metadata.weights_sha256[:12]}…"
    )


def full_table(rows: np.ndarray, token_ids: np.ndarray, n_vocab: int, seed: int) -> np.ndarray:
    """Return the float16 table [n_vocab, d_model]: `rows` at `token_ids`, all others as training would have begun."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.normal(0.0, _INITIAL_STD, (n_vocab, rows.shape[1]), generator=generator).numpy()
    table[token_ids] = rows
    return table.astype(np.float16)


def _check_settings(settings: Settings, corpus_limit: int | None) -> None:
    counts = ("steps", "n_layers", "n_heads", "d_model", "context_length", "batch_size", "threads")
    at_least_one = {name: getattr(settings, name) for name in counts}
    if corpus_limit is not None:
        at_least_one["corpus_limit"] = corpus_limit
    for name, value in at_least_one.items():
        if value < 1:
            msg = f"--{name.removeprefix('n_').replace('_', '-')} is {value}, but must be 1 or more"
            raise ShapeError(msg)
    if settings.d_model % settings.n_heads:
        msg = f"--d-model {settings.d_model} does not divide into {settings.n_heads} --heads: choose a multiple"
        raise ShapeError(msg)
    if not 0 < settings.learning_rate < math.inf:
        default = Settings().learning_rate
        msg = f"--learning-rate is {settings.learning_rate}, but must be above 0 and finite: the default is {default}"
        raise ShapeError(msg)
    if not 0 <= settings.dropout < 1:
        msg = f"--dropout is {settings.dropout}, but must be at least 0 and below 1"
        raise ShapeError(msg)
    if not 0 <= settings.seed < 2**63:
        msg = f"--seed is {settings.seed}, but must be from 0 to {2**63 - 1}"
        raise ShapeError(msg)


def _check_size(settings: Settings, n_vocab: int) -> None:
    """Raise ShapeError before the long training if one file cannot hold the float16 tables."""
    n_rows = n_vocab + settings.context_length
    n_bytes = 2 * n_rows * settings.d_model
    if n_bytes > LARGEST:
        widest = LARGEST // (2 * n_rows) // settings.n_heads * settings.n_heads
        longest = LARGEST // (2 * settings.d_model) - n_vocab
        remedy = f"--d-model {widest:,}" if widest else f"--context-length {longest:,}"
        msg = (
            f"tables of {n_vocab:,} and {settings.context_length:,} rows, {settings.d_model:,} wide, take {n_bytes:,} "
            f"bytes, and {LARGEST:,} is the most that one file holds: choose {remedy.replace(',', '')} or less"
        )
        raise ShapeError(msg)


def _check_writable(path: Path) -> None:
    """Raise ModelFileError before the long training if the file could not be written after it."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        msg = f"{path} cannot be written: give a file in a folder that can be written"
        raise ModelFileError(msg)


def _provenance(
    settings: Settings, documents: Sequence[str], corpus: Corpus, trained: Trained, n_vocab: int
) -> dict[str, Any]:
    """Return what the tables depend on and what became of it; `trained_token_ids` is a set by `id_sets.pack_ids`."""
    validation_loss = trained.validation_loss
    return {
        **asdict(settings),
        "corpus": "pydoc_data.topics and the docstrings of the standard library",
        "corpus_sha256": hashlib.sha256("\0".join(documents).encode()).hexdigest(),
        "corpus_documents": len(documents),
        "corpus_tokens": len(corpus.ids),
        "distinct_tokens": len(corpus.token_ids),
        "python": platform.python_version(),
        "torch": torch.__version__.partition("+")[0],
        "train_loss": round(trained.train_loss, 4),
        "validation_loss": None if validation_loss is None else round(validation_loss, 4),
        contract.TRAINED_TOKEN_IDS: pack_ids(corpus.token_ids, n_vocab),
    }


def _write_snapshots(path: Path, trained: Trained, token_ids: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        token_ids=token_ids,
        steps=np.array([snapshot.step for snapshot in trained.snapshots]),
        losses=np.array([snapshot.loss for snapshot in trained.snapshots], np.float32),
        rows=np.stack([snapshot.rows for snapshot in trained.snapshots]),
    )
    write_atomically(path, buffer.getvalue())
