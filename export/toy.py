"""`python -m export toy`: the book's example, six tokens of three numbers, just as torch draws them."""

import argparse
from pathlib import Path
from typing import Final

import torch
from torch import nn

from embedcore import contract
from embedcore.nn import InputLayer
from embedcore.nn.learned import Learned
from embedcore.tokens.tokenizer import TOY, get_tokenizer
from export.writer import write_model

HELP: Final = "write the book's example, which is Embedding(6, 3) from seed 123"
SEED: Final = 123
D_MODEL: Final = 3
CONTEXT_LENGTH: Final = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-o", "--output", type=Path, default=Path("models/toy.onnx"))


def run(args: argparse.Namespace) -> None:
    """Write the model file."""
    metadata = write_model(
        toy_layer(),
        args.output,
        name="toy",
        tokenizer=TOY,
        source=f"torch.manual_seed({SEED}); Embedding(6, 3), then Embedding(6, 3) for the positions; untrained",
        provenance={contract.SEED: SEED},
    )
    print(f"wrote {args.output}: {metadata.n_vocab} × {metadata.d_model}, weights {metadata.weights_sha256[:12]}…")


def toy_layer() -> InputLayer:
    """Return the toy: after seed 123, torch.nn.Embedding(6, 3) draws its token table first and its positions next."""
    torch.manual_seed(SEED)
    table = nn.Embedding(get_tokenizer(TOY).n_vocab, D_MODEL).weight.detach()
    positions = nn.Embedding(CONTEXT_LENGTH, D_MODEL).weight.detach()
    return InputLayer(table, Learned(positions), context_length=CONTEXT_LENGTH)
