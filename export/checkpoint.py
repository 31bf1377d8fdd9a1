"""`python -m export checkpoint PATH`: the input layer of a model from its own files, without torch."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from export.families.layer import Options, layer_of
from export.families.unnamed import UnnamedTable
from export.layer.write import write_layer
from export.sources.open import open_source

# The first words of lines for who watches.
PROGRESS: Final = "progress"
CANDIDATES: Final = "candidates"
HELP: Final = "write the input layer of a checkpoint: a folder, a .safetensors, .bin or .gguf file, or a bare table"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder with config.json and weights, or one file")
    parser.add_argument("-o", "--output", type=Path, help="the file to write; by default models/local/NAME.onnx")
    parser.add_argument("--name", default="", help="the model's name; that of the output by default")
    parser.add_argument("--context-length", type=int, help="places of the file, where fewer are wanted")
    parser.add_argument("--token-table", default="", metavar="TENSOR", help="the tensor that holds the token table")
    parser.add_argument(
        "--tokenizer",
        default="",
        metavar="NAME|FILE",
        help="a built-in tokenizer, a tokenizer.json or a SentencePiece .model, in place of the model's own",
    )
    parser.add_argument("--no-queries", action="store_true", help="leave out the queries and keys of block 1")
    parser.add_argument(
        "--progress",
        action="store_true",
        help="print the share that is written, and the tables to choose from",
    )
    parser.add_argument("--license", default="", help="the license of the weights, where config.json does not say it")


def run(args: argparse.Namespace) -> None:
    """Write the model file."""
    output: Path = args.output or Path("models/local") / f"{args.path.resolve().name.removesuffix('.gguf')}.onnx"
    options = Options(
        context_length=args.context_length,
        token_table=args.token_table,
        has_heads=not args.no_queries,
        tokenizer=args.tokenizer,
        license=args.license,
    )
    source = open_source(args.path)
    try:
        spec = layer_of(source, options)
        metadata = write_layer(
            spec, output, name=args.name or output.stem, tell=_print_share if args.progress else lambda _: None
        )
    except UnnamedTable as error:
        if args.progress:
            print(CANDIDATES, json.dumps([error.fault, *error.candidates]), flush=True)
        raise
    finally:
        source.close()
    for remark in spec.remarks:
        print(remark, file=sys.stderr)
    print(
        f"wrote {output}: {metadata.n_vocab:,} × {metadata.stored_width} {metadata.weights_dtype}, "
        f"{metadata.position_scheme} positions, weights {metadata.weights_sha256[:12]}…"
    )


def _print_share(share: float) -> None:
    print(f"{PROGRESS} {share:.3f}", flush=True)
