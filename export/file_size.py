"""Counts the bytes of a layer's file before it is made: protobuf allows 2 GiB, and the contract 1.5 GB."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import torch

from embedcore.checks.sizes import LARGEST_TABLE
from embedcore.errors import ModelFileError, ShapeError
from embedcore.files.metadata_text import LARGEST_SIZE
from embedcore.nn import SCHEMES, InputLayer
from embedcore.schemes.registry import SCHEMES as DECLARED

LARGEST: Final = LARGEST_TABLE  # bytes of weights and stored tables together
_WIDTH: Final = 4  # bytes of a float32
# The sizes that can make a file smaller, each with its step, in the order in which a remedy offers them.
_KNOBS: Final[Mapping[str, int]] = {
    "context_length": 1,
    **{one.name: one.step for declared in DECLARED.values() for one in declared.parameters if one.step},
}


def check_stored(layer: InputLayer) -> None:
    """Raise ModelFileError, with both numbers and a remedy, if what `layer` stores is above 1.5 GB."""
    n_bytes = sum(_n_bytes(value) for value in layer.state_dict().values())
    if n_bytes <= LARGEST:
        return
    halved = n_bytes - sum(_n_bytes(weight) // 2 for weight in layer.parameters() if weight.dtype == torch.float32)
    remedy = (
        "export its weights as float16"
        if halved <= LARGEST
        else "take fewer rows, a smaller width or a shorter context_length"
    )
    msg = f"the layer stores {n_bytes:,} bytes of weights and tables, but one file holds at most {LARGEST:,}: {remedy}"
    raise ModelFileError(msg)


def check_fits(
    *, n_vocab: int, d_model: int, context_length: int, positions: str, hyperparameters: Mapping[str, Any]
) -> None:
    """Raise ShapeError, with both numbers and a remedy, if a drawn float32 layer takes over 1.5 GB. It allocates none.

    Raises ShapeError too where the scheme refuses its hyper-parameters.
    """
    for name, value in (("n_vocab", n_vocab), ("d_model", d_model), ("context_length", context_length)):
        if value > LARGEST_SIZE:
            msg = f"{name} is {value:,}, but a file holds at most {LARGEST_SIZE:,}: choose fewer"
            raise ShapeError(msg)
    table = _WIDTH * n_vocab * d_model
    sizes = {**hyperparameters, "context_length": context_length}

    def stored(knob: str, value: int) -> int:
        changed = {**sizes, knob: value}
        width = changed.pop("d_model", d_model)
        return _WIDTH * n_vocab * width + _scheme_bytes(positions, {**changed, "d_model": width})

    try:
        of_positions = _scheme_bytes(positions, {**sizes, "d_model": d_model})
    except ShapeError as error:
        if not _is_too_large(error):
            raise
        msg = f"{str(error).rpartition(': ')[0]}: choose {_remedy(stored, sizes, d_model)}"
        raise ShapeError(msg) from error
    if table + of_positions <= LARGEST:
        return
    msg = (
        f"a table of {n_vocab:,} × {d_model:,} takes {table:,} bytes and {positions} positions "
        f"for {context_length:,} tokens {of_positions:,}: {table + of_positions:,} together, and {LARGEST:,} is the "
        f"most that one file holds: choose {_remedy(stored, sizes, d_model)}"
    )
    raise ShapeError(msg)


def _remedy(stored: Callable[[str, int], int], sizes: Mapping[str, Any], d_model: int) -> str:
    """Return, in words, the first size that makes the file fit when it alone is lowered, and its largest value."""
    heads = 2 * sizes.get("n_heads", 1)  # heads of an even width, whatever the scheme
    for knob, step in {**_KNOBS, "d_model": heads}.items():
        most = d_model if knob == "d_model" else sizes.get(knob)
        if isinstance(most, int):
            value = step * _largest(partial(_at, stored, knob, step), most // step)
            if value:
                return f"{knob} {value:,} or less"
    return "smaller sizes"


def _at(stored: Callable[[str, int], int], knob: str, step: int, n: int) -> int:
    return stored(knob, step * n)


def _largest(cost: Callable[[int], int], most: int) -> int:
    """Return the largest number below `most` whose cost one file holds; 0 if there is none. The cost grows with it."""
    low, high = 0, most
    while low + 1 < high:
        middle = (low + high) // 2
        try:
            fits = cost(middle) <= LARGEST
        except ShapeError as error:  # any other error says that it is too small for the scheme
            fits = not _is_too_large(error)
        low, high = (middle, high) if fits else (low, middle)
    try:
        return low if low and cost(low) <= LARGEST else 0
    except ShapeError:
        return 0


def _is_too_large(error: ShapeError) -> bool:
    """Return whether a scheme refuses a table because of its bytes, which the words of `check_memory` tell."""
    return "is the most" in str(error)


def _scheme_bytes(positions: str, sizes: Mapping[str, Any]) -> int:
    """Return the bytes that a scheme stores, learned or fixed: those of its module, made without memory for numbers."""
    try:
        with torch.device("meta"):
            scheme = SCHEMES[positions].drawn(**sizes)
    except (RuntimeError, OverflowError, TypeError) as error:  # torch counts up to 2⁶³, and has several errors for more
        if isinstance(error, TypeError) and "verflow" not in str(error):
            raise
        return 2**63
    return sum(_n_bytes(value) for value in scheme.state_dict().values())


def _n_bytes(values: torch.Tensor) -> int:
    return math.prod(values.shape) * values.element_size()
