"""The input layer in float64 numpy, from the formulas alone: what torch and ONNX Runtime are held to.

Nothing here comes from `embedcore.nn`; a mistake there cannot repeat itself here.
"""

from collections.abc import Mapping

import numpy as np

from embedcore import contract
from embedcore.contract import ModelMetadata
from export.position_oracles import position_outputs


def oracle(metadata: ModelMetadata, weights: Mapping[str, np.ndarray], token_ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return every output of the contract by name, in float64, for `token_ids` [batch, sequence].

    input_embeddings = LayerNorm(scale · table[ids] + positions + token_type), where all but the lookup is optional.
    """
    parameters, sequence = metadata.position_parameters, token_ids.shape[1]
    rows = weights["table"].astype(np.float64)[token_ids]
    outputs = {contract.TOKEN_EMBEDDINGS: rows}
    outputs |= position_outputs(metadata, weights, sequence)
    total = rows * parameters.get("embedding_scale", 1.0)
    total = total + outputs.get(contract.POSITION_EMBEDDINGS, 0.0) + weights.get("token_type", np.zeros(1))
    if "layer_norm_epsilon" in parameters:
        total = _layer_norm(
            total, weights["layer_norm.weight"], weights["layer_norm.bias"], parameters["layer_norm_epsilon"]
        )
    return outputs | {contract.INPUT_EMBEDDINGS: total}


def _layer_norm(values: np.ndarray, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    """Return Ba et al. 2016, equation 4: the variance is the mean of squares, not n − 1."""
    centered = values - values.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return centered / np.sqrt(variance + epsilon) * weight.astype(np.float64) + bias.astype(np.float64)
