"""Makes the torch module that a saved file was exported from, out of the file's weights and metadata."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import ShapeError
from embedcore.layer.steps import input_steps, key_steps, query_steps, width_of_positions
from embedcore.nn import SCHEMES, InputLayer, PositionScheme
from embedcore.nn.step_layer import StepLayer
from embedcore.schemes.parameters import OF_LAYER
from embedcore.schemes.registry import SCHEMES as DECLARED


def rebuild(metadata: ModelMetadata, weights: Mapping[str, np.ndarray]) -> nn.Module:
    """Return the torch input layer with the file's own weights; `disagreements` must have found none before.

    The layer shares the memory of writable weights.
    """
    tensors = {
        name: torch.from_numpy(values if values.flags.writeable else values.copy()) for name, values in weights.items()
    }
    if metadata.contract_version > 1:
        return _of_steps(metadata, tensors)
    parameters = metadata.position_parameters
    norm = None
    if contract.LAYER_NORM_EPSILON in parameters:
        norm = nn.LayerNorm(metadata.d_model, eps=parameters[contract.LAYER_NORM_EPSILON])
        norm.weight.data, norm.bias.data = tensors[contract.LAYER_NORM_WEIGHT], tensors[contract.LAYER_NORM_BIAS]
    scheme = _scheme(metadata)
    for name, weight in scheme.named_parameters():
        weight.data = tensors[contract.POSITION_PREFIX + name]
    return InputLayer(
        tensors[contract.TABLE],
        scheme,
        context_length=metadata.context_length,
        scale=parameters.get(contract.EMBEDDING_SCALE),
        token_type=tensors.get(contract.TOKEN_TYPE),
        layer_norm=norm,
        head_dim=None if metadata.heads_width == metadata.d_model else metadata.head_dim,
    ).eval()


def _of_steps(metadata: ModelMetadata, tensors: Mapping[str, torch.Tensor]) -> StepLayer:
    scheme = _scheme(metadata)
    for name, weight in scheme.named_parameters():
        weight.data = tensors[contract.POSITION_PREFIX + name]
    return StepLayer(
        tensors,
        scheme,
        steps=input_steps(metadata),
        query_steps=query_steps(metadata),
        key_steps=key_steps(metadata),
        n_heads=int(metadata.n_heads),
        n_kv_heads=int(metadata.n_kv_heads),
    ).eval()


def disagreements(metadata: ModelMetadata, weights: Mapping[str, np.ndarray]) -> list[str]:
    """Return, in words, where the file's weights are not what its metadata says; empty if they agree."""
    width = int(metadata.stored_width)
    table = (metadata.n_vocab, width) if metadata.weights_dtype != "int8" else (metadata.n_vocab, width // 32, 32)
    try:
        with torch.device("meta"):  # sizes without numbers: what a file says may be larger than memory
            scheme = _scheme(metadata)
    except (ShapeError, TypeError, KeyError, ValueError, OverflowError, RuntimeError) as error:
        return [f"the parameters {dict(metadata.position_parameters)} do not make {metadata.position_scheme}: {error}"]
    expected: dict[str, tuple[int, ...]] = {contract.TABLE: table}
    expected |= {contract.POSITION_PREFIX + name: tuple(weight.shape) for name, weight in scheme.state_dict().items()}
    if contract.LAYER_NORM_EPSILON in metadata.position_parameters:
        expected |= {contract.LAYER_NORM_WEIGHT: (width,), contract.LAYER_NORM_BIAS: (width,)}
    if contract.TOKEN_TYPE in weights:
        expected[contract.TOKEN_TYPE] = (width,)
    has_rows = DECLARED[metadata.position_scheme].table == "position vectors"
    faults = [
        f"weights {name!r} are {list(weights[name].shape) if name in weights else 'missing'}, not {list(shape)}"
        for name, shape in expected.items()
        if name not in weights or not _fits(weights[name].shape, shape, may_be_longer=has_rows)
    ]
    if contract.TABLE in weights and weights[contract.TABLE].dtype.name != metadata.weights_dtype:
        faults.append(f"the table is {weights[contract.TABLE].dtype.name}, not {metadata.weights_dtype}")
    return faults + _unusable_parameters(metadata)


def _scheme(metadata: ModelMetadata) -> PositionScheme:
    """Return the file's scheme with learned parts of the right sizes, yet to be filled with the file's own."""
    own = {name: value for name, value in metadata.position_parameters.items() if name not in OF_LAYER}
    with torch.random.fork_rng(devices=()):  # the next random numbers are the same as if none had been drawn here
        return SCHEMES[metadata.position_scheme].drawn(
            d_model=_width(metadata), context_length=metadata.context_length, **own
        )


def _width(metadata: ModelMetadata) -> int:
    """Return the width of the scheme's vectors: those that are added are as wide as what they are added to."""
    if contract.POSITION_EMBEDDINGS in DECLARED[metadata.position_scheme].outputs:
        return width_of_positions(metadata)
    return metadata.heads_width


def _fits(shape: tuple[int, ...], expected: tuple[int, ...], *, may_be_longer: bool) -> bool:
    """Return whether a shape is as expected; a table of position vectors may hold more than the context uses."""
    if not may_be_longer:
        return shape == expected
    return len(shape) == len(expected) and shape[0] >= expected[0] and shape[1:] == expected[1:]


def _unusable_parameters(metadata: ModelMetadata) -> list[str]:
    names = [name for name in OF_LAYER if name in metadata.position_parameters]
    values = {name: metadata.position_parameters.get(name) for name in names}
    return [
        f"parameter {name!r} is {value!r}, not a number above 0"
        for name, value in values.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0
    ]
