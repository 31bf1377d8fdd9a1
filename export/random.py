"""`python -m export random`: an untrained input layer, just as torch draws it from a seed."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from embedcore.checks.sizes import WAVE_LAYOUTS, check_least, check_size, check_whole
from embedcore.errors import ShapeError
from embedcore.nn import SCHEMES, InputLayer, PositionScheme
from embedcore.schemes.parameters import check_told, unused, uses
from embedcore.schemes.rope_parameters import DEFAULTS, LAYOUTS, SCALINGS
from embedcore.tokens.tokenizer import NAMES, get_tokenizer
from export.file_size import check_fits
from export.writer import write_model

HELP: Final = "an untrained layer with any positional scheme, GPT-2-shaped unless told otherwise"
# The option of each parameter of a scheme.
_OPTIONS: Final = {
    "n_heads": "--n-heads",
    "base": "--base",
    "max_distance": "--max-distance",
    "n_buckets": "--n-buckets",
    "is_bidirectional": "--causal",
    "wave_layout": "--wave-layout",
    "bias_max": "--bias-max",
    **{name: f"--rope-{name.replace('_', '-')}" for name in ("layout", "scaling", "rotary_dim", *DEFAULTS)},
    "is_truncated": "--rope-no-truncate",
}
_MAX_DISTANCE: Final = {"shaw": 16, "t5": 128}  # the papers' own; the others reach over the whole context
_N_BUCKETS: Final = {"t5": 32, "deberta": 0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their defaults are the book's class-room GPT-2."""
    parser.add_argument("-o", "--output", type=Path, default=Path("models/local/random.onnx"))
    parser.add_argument("--encoding", choices=NAMES, default="gpt2")
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--context-length", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--positions", choices=tuple(SCHEMES), default="learned")
    parser.add_argument("--n-heads", type=int, help="head_dim is d_model / n_heads (4)")
    parser.add_argument("--base", type=float, help="of sinusoidal, transformer-xl and rope (10000)")
    parser.add_argument("--max-distance", type=int, help="of shaw (16), t5 (128), bert, deberta (the context's length)")
    parser.add_argument("--n-buckets", type=int, help="of t5 (32) and deberta (0: none)")
    parser.add_argument(
        "--causal", action="store_true", default=None, help="t5: buckets for keys behind alone, as in its decoder"
    )
    parser.add_argument(
        "--wave-layout", choices=WAVE_LAYOUTS, help="of sinusoidal and transformer-xl; Marian's is halves (interleaved)"
    )
    parser.add_argument("--bias-max", type=float, help="alibi: the gentlest slope is 2 to the power of minus this (8)")
    rope = parser.add_argument_group("rotary positions")
    rope.add_argument("--rope-layout", choices=LAYOUTS, help="how the pairs lie in a head (half)")
    rope.add_argument("--rope-rotary-dim", type=int, help="how many dimensions of a head turn (0: all)")
    rope.add_argument("--rope-scaling", choices=SCALINGS, help="how frequencies are stretched (none)")
    rope.add_argument(
        "--rope-factor", type=float, help="how many times the trained length (4, or what --rope-original-length leaves)"
    )
    rope.add_argument("--rope-original-length", type=int, help="the trained length (the context's length / factor)")
    rope.add_argument("--rope-beta-fast", type=float, help="yarn (32)")
    rope.add_argument("--rope-beta-slow", type=float, help="yarn (1)")
    rope.add_argument("--rope-attention-factor", type=float, help="yarn and longrope (0: their own)")
    rope.add_argument(
        "--rope-no-truncate",
        action="store_false",
        default=None,
        help="yarn: the ramp begins and ends between pairs, as in GPT-OSS",
    )
    rope.add_argument("--rope-mscale", type=float, help="yarn: DeepSeek's (1)")
    rope.add_argument("--rope-mscale-all-dim", type=float, help="yarn: DeepSeek's (0)")
    rope.add_argument("--rope-low-frequency-factor", type=float, help="llama3 (1)")
    rope.add_argument("--rope-high-frequency-factor", type=float, help="llama3 (4)")
    rope.add_argument("--rope-short-factors", type=_numbers, metavar="X,X,…", help="longrope, one a pair or one (1)")
    rope.add_argument(
        "--rope-long-factors", type=_numbers, metavar="X,X,…", help="longrope, one a pair or one (factor)"
    )
    rope.add_argument("--rope-short-mscale", type=float, help="longrope: attention factor up to the trained length")
    rope.add_argument("--rope-long-mscale", type=float, help="longrope: attention factor beyond it")
    rope.add_argument("--rope-proportion", type=float, help="proportional: the share of pairs that turns (0.25)")


def run(args: argparse.Namespace) -> None:
    """Write the model file."""
    layer = random_layer(
        n_vocab=get_tokenizer(args.encoding).n_vocab,
        d_model=args.d_model,
        context_length=args.context_length,
        seed=args.seed,
        positions=args.positions,
        **_hyperparameters(args),
    )
    n_vocab, d_model = layer.table.shape
    metadata = write_model(
        layer,
        args.output,
        name=args.output.stem,
        tokenizer=args.encoding,
        source=f"torch.manual_seed({args.seed}); Embedding({n_vocab}, {d_model}){_words(layer.position)}; untrained",
        provenance={"seed": args.seed},
    )
    print(f"wrote {args.output}: {n_vocab:,} × {d_model}, weights {metadata.weights_sha256[:12]}…")


def random_layer(
    *, n_vocab: int, d_model: int, context_length: int, seed: int, positions: str, **hyperparameters: Any
) -> InputLayer:
    """Return an untrained layer: its table is what torch.nn.Embedding gives right after `seed`, positions the next.

    n_vocab, d_model, context_length ≥ 1; 0 ≤ seed < 2⁶⁴; `positions` one of SCHEMES, with its hyper-parameters.
    Raises ShapeError otherwise, or where the tables are too large for one file.
    """
    check_told(positions, hyperparameters)
    check_size(1, n_vocab=n_vocab, d_model=d_model, context_length=context_length)
    check_whole(seed=seed)
    n_vocab, d_model, context_length, seed = int(n_vocab), int(d_model), int(context_length), int(seed)
    check_fits(
        n_vocab=n_vocab,
        d_model=d_model,
        context_length=context_length,
        positions=positions,
        hyperparameters=hyperparameters,
    )
    if not 0 <= seed < 2**64:
        msg = f"seed is {seed}, but must be from 0 to {2**64 - 1}"
        raise ShapeError(msg)
    torch.manual_seed(seed)
    table = nn.Embedding(n_vocab, d_model).weight.detach()
    scheme = SCHEMES[positions].drawn(d_model=d_model, context_length=context_length, **hyperparameters)
    return InputLayer(table, scheme, context_length=context_length)


def _hyperparameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the chosen scheme is told, from the options and their defaults.

    Raises ShapeError where an option is given that the scheme, or its scaling, does not use.
    """
    given = {name: getattr(args, option[2:].replace("-", "_")) for name, option in _OPTIONS.items()}
    given = {name: value for name, value in given.items() if value is not None}
    scaling = given.get("scaling", "none")
    found = unused(args.positions, scaling, {name: _OPTIONS[name] for name in given})
    if found:
        raise ShapeError(". ".join(found))
    used = uses(args.positions, scaling)
    told = _defaults(args.positions, args.context_length) | given
    if "factor" in used and scaling != "proportional":  # whose factor stretches no trained length
        told |= _lengths(given, args.context_length)
    if scaling == "stepped":
        told.setdefault("original_length", max(1, args.context_length // 4))
    told.setdefault("long_factors", (told.get("factor"),))
    told["is_bidirectional"] = not args.causal
    return {name: told[name] for name in used if name in told}


def _defaults(scheme: str, context_length: int) -> dict[str, Any]:
    return {
        "n_heads": 4,
        "base": 10_000.0,
        "max_distance": _MAX_DISTANCE.get(scheme, context_length),
        "n_buckets": _N_BUCKETS.get(scheme),
        "layout": "half",
        "scaling": "none",
    }


def _lengths(given: Mapping[str, Any], context_length: int) -> dict[str, Any]:
    """Return the factor and the trained length of rotary positions; one that is not given follows from the other.

    Their product is the context's length; where both are given and it is another, say so on standard error. Raises
    ShapeError where the trained length alone is given, and is longer than the context.
    """
    factor, original_length = given.get("factor"), given.get("original_length")
    if original_length is None:
        factor = DEFAULTS["factor"] if factor is None else factor
        return {"factor": factor, "original_length": max(1, int(context_length / max(factor, 1)))}
    check_least(1, original_length=original_length)
    if factor is None and original_length > context_length:
        msg = (
            f"--rope-original-length is {original_length:,} and the context's length {context_length:,}, so that no "
            "factor of 1 or more follows: give --rope-factor too, 1 say"
        )
        raise ShapeError(msg)
    if factor is None:
        factor = context_length / original_length
    elif abs(factor * original_length - context_length) >= max(factor, 1):
        print(
            f"--rope-factor {factor:g} times --rope-original-length {original_length:,} is "
            f"{factor * original_length:,.0f}, but the context's length is {context_length:,}: the file has all three "
            "as they are given",
            file=sys.stderr,
        )
    return {"factor": factor, "original_length": original_length}


def _words(scheme: PositionScheme) -> str:
    if scheme.name == "none":
        return ", without positions"
    learned = [tuple(weight.shape) for weight in scheme.parameters()]
    drawn = f", then Embedding{learned[0]}" if learned else ", with"
    numbers = ", ".join(f"{name} {value}" for name, value in scheme.hyperparameters().items())
    return f"{drawn}{' for the' if learned else ''} {scheme.name} positions" + (f" ({numbers})" if numbers else "")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
