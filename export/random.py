"""`python -m export random`: an untrained input layer, just as torch draws it from a seed."""

import argparse
from pathlib import Path
from typing import Final

import torch
from torch import nn

from embedcore.errors import ShapeError
from embedcore.nn import InputLayer, Learned, NoPosition, PositionScheme, Sinusoidal
from embedcore.tokens import NAMES, get_tokenizer
from export.verify import require_parity
from export.writer import write_model

HELP: Final = "an untrained layer, GPT-2-shaped unless told otherwise"
SCHEMES: Final = ("none", "learned", "sinusoidal")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their defaults are the book's class-room GPT-2."""
    parser.add_argument("-o", "--output", type=Path, default=Path("models/local/random.onnx"))
    parser.add_argument("--encoding", choices=NAMES, default="gpt2")
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--context-length", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--positions", choices=SCHEMES, default="learned")


def run(args: argparse.Namespace) -> None:
    """Write the model file."""
    layer = random_layer(
        n_vocab=get_tokenizer(args.encoding).n_vocab,
        d_model=args.d_model,
        context_length=args.context_length,
        seed=args.seed,
        positions=args.positions,
    )
    n_vocab, d_model = layer.table.shape
    positions = {
        "learned": f", then Embedding({args.context_length}, {d_model}) for the positions",
        "sinusoidal": ", with sinusoidal positions",
        "none": ", without positions",
    }
    metadata = write_model(
        layer,
        args.output,
        name=args.output.stem,
        tokenizer=args.encoding,
        source=f"torch.manual_seed({args.seed}); Embedding({n_vocab}, {d_model}){positions[args.positions]}; untrained",
        provenance={"seed": args.seed},
    )
    require_parity(args.output)
    print(f"wrote {args.output}: {n_vocab:,} × {d_model}, weights {metadata.weights_sha256[:12]}…")


def random_layer(*, n_vocab: int, d_model: int, context_length: int, seed: int, positions: str) -> InputLayer:
    """Return an untrained layer: its table is what torch.nn.Embedding gives right after `seed`, positions the next.

    n_vocab, d_model, context_length ≥ 1; 0 ≤ seed < 2⁶⁴; `positions` one of SCHEMES. Raises ShapeError otherwise.
    """
    for name, value in (("n_vocab", n_vocab), ("d_model", d_model), ("context_length", context_length)):
        if value < 1:
            msg = f"{name} is {value}, but must be 1 or more"
            raise ShapeError(msg)
    if not 0 <= seed < 2**64:
        msg = f"seed is {seed}, but must be from 0 to {2**64 - 1}"
        raise ShapeError(msg)
    torch.manual_seed(seed)
    table = nn.Embedding(n_vocab, d_model).weight.detach()
    scheme: PositionScheme
    if positions == "learned":
        scheme = Learned(nn.Embedding(context_length, d_model).weight.detach())
    else:
        scheme = Sinusoidal(context_length, d_model) if positions == "sinusoidal" else NoPosition()
    return InputLayer(table, scheme, context_length=context_length)
