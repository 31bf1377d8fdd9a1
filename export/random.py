"""`python -m export random`: an untrained input layer, just as torch draws it from a seed."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from embedcore.checks.sizes import check_size, check_whole, together
from embedcore.contract import SEED
from embedcore.errors import ShapeError
from embedcore.nn import SCHEMES as MODULES
from embedcore.nn import InputLayer, PositionScheme
from embedcore.schemes.declaration import CONTEXT_LENGTH, Parameter
from embedcore.schemes.parameters import check_given, unused
from embedcore.schemes.registry import SCHEMES
from embedcore.tokens.tokenizer import NAMES, get_tokenizer
from export.file_size import check_fits
from export.writer import write_model

HELP: Final = "write an untrained layer with any positional scheme; it has GPT-2's vocabulary and length by default"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; their defaults are the book's class-room GPT-2."""
    parser.add_argument("-o", "--output", type=Path, default=Path("models/local/random.onnx"))
    parser.add_argument("--encoding", choices=NAMES, default="gpt2")
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--context-length", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--positions", choices=tuple(SCHEMES), default="learned")
    groups = {title: parser.add_argument_group(title) for title in _titles()}
    for one in _options().values():
        _add_option(groups.get(_title_of(one), parser), one)


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
        provenance={SEED: args.seed},
    )
    print(f"wrote {args.output}: {n_vocab:,} × {d_model}, weights {metadata.weights_sha256[:12]}…")


def random_layer(
    *, n_vocab: int, d_model: int, context_length: int, seed: int, positions: str, **hyperparameters: Any
) -> InputLayer:
    """Return an untrained layer: after `seed`, torch.nn.Embedding draws its token table first and its positions next.

    n_vocab, d_model, context_length ≥ 1; 0 ≤ seed < 2⁶⁴; `positions` one of SCHEMES, with its hyper-parameters.
    Raises ShapeError otherwise, or where the tables are too large for one file.
    """
    check_given(positions, hyperparameters)
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
    scheme = MODULES[positions].drawn(d_model=d_model, context_length=context_length, **hyperparameters)
    return InputLayer(table, scheme, context_length=context_length)


def _hyperparameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return the chosen scheme's parameters, from the options and their defaults.

    Raises ShapeError where an option is given that the scheme, or the value of its chooser, does not use.
    """
    declared = SCHEMES[args.positions]
    values = {one: getattr(args, _attribute(one)) for one in _options().values()}
    given = {one.name: value for one, value in values.items() if value is not None}
    chosen = declared.chosen(given)
    sentences = unused(args.positions, chosen, {one.name: one.option for one in values if one.name in given})
    if sentences:
        raise ShapeError(". ".join(sentences))
    used = declared.parameters_of(chosen)
    defaults = {one.name: one.default for one in used if one.default is not None}
    parameters = {
        name: args.context_length if default == CONTEXT_LENGTH else default for name, default in defaults.items()
    } | given
    if declared.complete is not None:
        parameters |= declared.complete(given, args.context_length)
    if declared.remark is not None and (remark := declared.remark(given, args.context_length)):
        print(remark, file=sys.stderr)
    return {one.name: parameters[one.name] for one in used if one.name in parameters}


def _options() -> dict[str, Parameter]:
    """Return option → a parameter that it sets, of all schemes; that of the first scheme, where several have it."""
    options: dict[str, Parameter] = {}
    for declared in SCHEMES.values():
        for one in declared.parameters:
            options.setdefault(one.option, one)
    return options


def _attribute(one: Parameter) -> str:
    return one.option[2:].replace("-", "_")


def _titles() -> list[str]:
    return [declared.options_title for declared in SCHEMES.values() if declared.options_title]


def _title_of(one: Parameter) -> str:
    """Return the title that an option stands under: that of its scheme, where no other has it."""
    owners = [declared for declared in SCHEMES.values() if one.name in (other.name for other in declared.parameters)]
    return owners[0].options_title if len(owners) == 1 else ""


def _add_option(parser: argparse._ActionsContainer, one: Parameter) -> None:
    words = one.help.format(schemes=_schemes_with(one))
    if one.kind is bool:
        parser.add_argument(one.option, action="store_const", const=False, help=words)
    elif one.choices:
        parser.add_argument(one.option, choices=one.choices, help=words)
    elif one.kind is list:
        parser.add_argument(one.option, type=_numbers, metavar="X,X,…", help=words)
    else:
        parser.add_argument(one.option, type=int if one.kind is int else float, help=words)


def _schemes_with(one: Parameter) -> str:
    """Return the schemes that have a parameter, in words, and after them the default that they share."""
    by_default: dict[str, list[str]] = {}
    for name, declared in SCHEMES.items():
        for own in declared.parameters:
            if own.option == one.option:
                default = f"{own.default:g}" if isinstance(own.default, float) else str(own.default or "")
                by_default.setdefault(own.default_words or default, []).append(name)
    return "; ".join(together(names) + (f" ({default})" if default else "") for default, names in by_default.items())


def _words(scheme: PositionScheme) -> str:
    if scheme.name == "none":
        return ", without positions"
    learned = [tuple(weight.shape) for weight in scheme.parameters()]
    opening = f", then Embedding{learned[0]}" if learned else ", with"
    numbers = ", ".join(f"{name} {value}" for name, value in scheme.hyperparameters().items())
    return f"{opening}{' for the' if learned else ''} {scheme.name} positions" + (f" ({numbers})" if numbers else "")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
