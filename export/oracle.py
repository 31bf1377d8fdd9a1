"""The input layer in float64 numpy, from the formulas alone, with which torch and ONNX Runtime are compared.

Nothing here comes from `embedcore.nn`, so that a mistake there is not repeated here.
"""

from collections.abc import Mapping

import numpy as np

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.layer.arithmetic import after_each, split_heads
from embedcore.layer.steps import SCALES, input_steps, key_steps, query_steps
from embedcore.schemes.outputs import SCHEME_OUTPUTS, output_axes
from export.oracles.registry import position_rows


def oracle(metadata: ModelMetadata, weights: Mapping[str, np.ndarray], token_ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return every output of the contract by name, in float64, for `token_ids` [batch, sequence]."""
    n_rows = {contract.RELATIVE_EMBEDDINGS: 2 * token_ids.shape[1] - 1}
    return {
        name: oracle_rows(metadata, weights, token_ids, name, slice(0, n_rows.get(name, token_ids.shape[1])))
        for name in output_axes(metadata)
    }


def oracle_rows(
    metadata: ModelMetadata, weights: Mapping[str, np.ndarray], token_ids: np.ndarray, name: str, rows: slice
) -> np.ndarray:
    """Return `rows` of one output's last axis but one, which holds positions, queries or distances, in float64.

    input_embeddings = LayerNorm(scale · table[ids] + positions + token_type), where all but the lookup is optional.
    """
    of_layer = (contract.TOKEN_EMBEDDINGS, contract.INPUT_EMBEDDINGS, contract.QUERIES, contract.KEYS)
    if name not in of_layer:
        return position_rows(metadata, weights, token_ids.shape[1], rows)[name]
    if metadata.contract_version > 1:
        return _after_steps(metadata, weights, token_ids, name)[..., rows, :]
    vectors = _token_rows(weights, token_ids[:, rows])
    if name == contract.TOKEN_EMBEDDINGS:
        return vectors
    parameters = metadata.position_parameters
    total = vectors * parameters.get(contract.EMBEDDING_SCALE, 1.0)
    if contract.POSITION_EMBEDDINGS in SCHEME_OUTPUTS[metadata.position_scheme]:
        total += position_rows(metadata, weights, token_ids.shape[1], rows)[contract.POSITION_EMBEDDINGS]
    total += weights.get(contract.TOKEN_TYPE, np.zeros(1))
    if contract.LAYER_NORM_EPSILON in parameters:
        return _layer_norm(
            total,
            weights[contract.LAYER_NORM_WEIGHT],
            weights[contract.LAYER_NORM_BIAS],
            parameters[contract.LAYER_NORM_EPSILON],
        )
    return total


def _token_rows(weights: Mapping[str, np.ndarray], token_ids: np.ndarray) -> np.ndarray:
    """Return the rows of ids in float64: as they are stored, or blocks times their scales."""
    rows = weights[contract.TABLE][token_ids].astype(np.float64)
    scales = weights.get(contract.TABLE + SCALES)
    if scales is None:
        return rows
    return (rows * scales[token_ids].astype(np.float64)[..., None]).reshape(*token_ids.shape, -1)


def _after_steps(
    metadata: ModelMetadata, weights: Mapping[str, np.ndarray], token_ids: np.ndarray, name: str
) -> np.ndarray:
    """Return an output of a file that lists its steps, for whole sequences: some steps look at other tokens."""
    rows = _token_rows(weights, token_ids)
    if name == contract.TOKEN_EMBEDDINGS:
        return rows
    positions = None
    if contract.POSITION_EMBEDDINGS in output_axes(metadata):
        length = token_ids.shape[1]
        positions = position_rows(metadata, weights, length, slice(0, length))[contract.POSITION_EMBEDDINGS]
    end = {
        contract.INPUT_EMBEDDINGS: ((), 1),
        contract.QUERIES: (query_steps(metadata), metadata.n_heads),
        contract.KEYS: (key_steps(metadata), metadata.n_kv_heads),
    }
    later, n_heads = end[name]
    steps = (*input_steps(metadata), *later)
    walked = after_each(steps, rows, token_ids=token_ids, positions=positions, weights=weights)
    vectors = [vectors for _, vectors in walked][-1] if steps else rows
    return split_heads(vectors, int(n_heads)) if later else vectors


def _layer_norm(values: np.ndarray, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the layer norm of Ba et al. 2016, equation 4, whose variance divides by n and not by n − 1."""
    centered = values - values.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return centered / np.sqrt(variance + epsilon) * weight.astype(np.float64) + bias.astype(np.float64)
