"""A saved file's weights and metadata → the torch module that it was exported from."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import nn

from embedcore.contract import ModelMetadata
from embedcore.nn import InputLayer, Learned, NoPosition, PositionScheme, Sinusoidal

TABLE: Final = "table"
POSITIONS: Final = "position.table"
TOKEN_TYPE: Final = "token_type"
NORM_WEIGHT: Final = "layer_norm.weight"
NORM_BIAS: Final = "layer_norm.bias"

BASE: Final = "base"
EPSILON: Final = "layer_norm_epsilon"
SCALE: Final = "embedding_scale"


def rebuild(metadata: ModelMetadata, weights: Mapping[str, np.ndarray]) -> InputLayer:
    """Return the torch input layer with the file's own weights; `disagreements` must have found none before."""
    tensors = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    parameters = metadata.position_parameters
    norm = None
    if EPSILON in parameters:
        norm = nn.LayerNorm(metadata.d_model, eps=parameters[EPSILON])
        norm.weight.data, norm.bias.data = tensors[NORM_WEIGHT], tensors[NORM_BIAS]
    scheme: PositionScheme = NoPosition()
    if metadata.position_scheme == Learned.name:
        scheme = Learned(tensors[POSITIONS])
    elif metadata.position_scheme == Sinusoidal.name:
        scheme = Sinusoidal(metadata.context_length, metadata.d_model, base=parameters[BASE])
    return InputLayer(
        tensors[TABLE],
        scheme,
        context_length=metadata.context_length,
        scale=parameters.get(SCALE),
        token_type=tensors.get(TOKEN_TYPE),
        layer_norm=norm,
    ).eval()


def disagreements(metadata: ModelMetadata, weights: Mapping[str, np.ndarray]) -> list[str]:
    """Return, in words, where the file's weights are not what its metadata says; empty if they agree."""
    width = metadata.d_model
    expected: dict[str, tuple[int, ...]] = {TABLE: (metadata.n_vocab, width)}
    if metadata.position_scheme in (Learned.name, Sinusoidal.name):
        expected[POSITIONS] = (metadata.context_length, width)
    if EPSILON in metadata.position_parameters:
        expected |= {NORM_WEIGHT: (width,), NORM_BIAS: (width,)}
    if TOKEN_TYPE in weights:
        expected[TOKEN_TYPE] = (width,)
    found = [
        f"weights {name!r} are {list(weights[name].shape) if name in weights else 'missing'}, not {list(shape)}"
        for name, shape in expected.items()
        if name not in weights or not _fits(name, weights[name].shape, shape)
    ]
    if TABLE in weights and weights[TABLE].dtype.name != metadata.weights_dtype:
        found.append(f"the table is {weights[TABLE].dtype.name}, not {metadata.weights_dtype}")
    return found + _unusable_parameters(metadata)


def _fits(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Return whether a shape is as expected; a table may hold more positions than the context uses."""
    if name != POSITIONS:
        return found == expected
    return len(found) == len(expected) and found[0] >= expected[0] and found[1:] == expected[1:]


def _unusable_parameters(metadata: ModelMetadata) -> list[str]:
    names = [name for name in (EPSILON, SCALE) if name in metadata.position_parameters]
    if metadata.position_scheme == Sinusoidal.name:
        names.append(BASE)
    values = {name: metadata.position_parameters.get(name) for name in names}
    return [
        f"parameter {name!r} is {value!r}, not a number above 0"
        for name, value in values.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0
    ]
