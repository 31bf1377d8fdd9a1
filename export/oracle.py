"""The input layer in float64 numpy, from the formulas alone, with which torch and ONNX Runtime are compared.

Nothing here comes from `embedcore.nn`, so that a mistake there is not repeated here.
"""

from collections.abc import Mapping

import numpy as np

from embedcore import contract
from embedcore.contract import ModelMetadata
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
    if name not in (contract.TOKEN_EMBEDDINGS, contract.INPUT_EMBEDDINGS):
        return position_rows(metadata, weights, token_ids.shape[1], rows)[name]
    vectors = weights[contract.TABLE][token_ids[:, rows]].astype(np.float64)
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


def _layer_norm(values: np.ndarray, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the layer norm of Ba et al. 2016, equation 4, whose variance divides by n and not by n − 1."""
    centered = values - values.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return centered / np.sqrt(variance + epsilon) * weight.astype(np.float64) + bias.astype(np.float64)
