"""`python -m export train`: train a small GPT on Python's own documentation, and write its input layer."""

import argparse
import hashlib
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch

from embedcore.errors import ShapeError
from embedcore.id_sets import pack_ids
from embedcore.nn import InputLayer, Learned
from embedcore.tokens import get_tokenizer
from export import corpus as text
from export.trainer import Settings, Trained, prepare, train
from export.writer import write_model

HELP: Final = "train a small GPT on Python's documentation (about an hour) and write its input layer"
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
    parser.add_argument("--threads", type=int, default=defaults.threads, help="torch threads; part of what is fixed")
    parser.add_argument("--corpus-limit", type=int, metavar="N", help="take the first N documents only")
    parser.add_argument("--snapshots", type=Path, metavar="FILE.npz", help="keep the rows along the way")


def run(args: argparse.Namespace) -> None:
    """Train and write. An interrupt leaves no half-written file."""
    settings = Settings(**{name: getattr(args, name) for name in asdict(Settings())})
    for name in ("steps", "n_layers", "n_heads", "d_model", "context_length", "batch_size", "threads"):
        if getattr(settings, name) < 1:
            msg = f"--{name.replace('_', '-')} is {getattr(settings, name)}, but must be 1 or more"
            raise ShapeError(msg)
    tokenizer = get_tokenizer("gpt2")
    documents = text.documents()[: args.corpus_limit]
    ids = [tokenizer.encode(document).token_ids for document in documents]
    corpus = prepare(ids, tokenizer.special_tokens["<|endoftext|>"], settings)
    print(
        f"{len(documents):,} documents, {len(corpus.ids):,} tokens to train on, {len(corpus.token_ids):,} distinct; "
        f"{len(corpus.validation):,} held out"
    )
    try:
        trained = train(corpus, settings, print)
    except KeyboardInterrupt:
        print(f"stopped; {args.output} was not written", file=sys.stderr)
        raise SystemExit(130) from None
    if args.snapshots:
        _write_snapshots(args.snapshots, trained, corpus.token_ids)
    provenance = {
        **asdict(settings),
        "corpus": "pydoc_data.topics and the docstrings of the standard library",
        "corpus_sha256": hashlib.sha256("\0".join(documents).encode()).hexdigest(),
        "corpus_documents": len(documents),
        "corpus_tokens": len(corpus.ids),
        "distinct_tokens": len(corpus.token_ids),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "train_loss": round(trained.train_loss, 4),
        "validation_loss": round(trained.validation_loss, 4),
        "trained_token_ids": pack_ids(corpus.token_ids, tokenizer.n_vocab),
    }
    metadata = write_model(
        InputLayer(
            torch.from_numpy(full_table(trained.rows, corpus.token_ids, tokenizer.n_vocab, settings.seed)),
            Learned(torch.from_numpy(trained.positions.astype(np.float16))),
            context_length=settings.context_length,
        ),
        args.output,
        name=args.output.stem,
        tokenizer="gpt2",
        source="python -m export train: a small weight-tied GPT, trained on Python's own documentation",
        provenance=provenance,
    )
    print(
        f"train loss {trained.train_loss:.3f}, held-out loss {trained.validation_loss:.3f}\n"
        f"wrote {args.output}: {metadata.n_vocab:,} × {metadata.d_model}, weights {metadata.weights_sha256[:12]}…"
    )


def full_table(rows: np.ndarray, token_ids: np.ndarray, n_vocab: int, seed: int) -> np.ndarray:
    """Return the float16 table [n_vocab, d_model]: `rows` at `token_ids`, all others as training would have begun."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.normal(0.0, _INITIAL_STD, (n_vocab, rows.shape[1]), generator=generator).numpy()
    table[token_ids] = rows
    return table.astype(np.float16)


def _write_snapshots(path: Path, trained: Trained, token_ids: np.ndarray) -> None:
    np.savez_compressed(
        path,
        token_ids=token_ids,
        steps=np.array([snapshot.step for snapshot in trained.snapshots]),
        losses=np.array([snapshot.loss for snapshot in trained.snapshots], np.float32),
        rows=np.stack([snapshot.rows for snapshot in trained.snapshots]),
    )
