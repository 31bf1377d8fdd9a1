"""What an input vector is made of: how much comes from the token, how much from its position."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

from embedcore.contract import SUM_ATOL, SUM_RTOL
from embedcore.errors import ShapeError
from embedcore.values import ByContent

Making = Literal["rows", "sum", "more"]


@dataclass(frozen=True, slots=True, eq=False)
class Composition(ByContent):
    """Lengths of the vectors of each token, and the position's share of the sum.

    `position_share` is p·x / |x|²: with the token's share t·x / |x|² it makes exactly 1 where x = t + p. It is
    negative where the position pulls against the sum, and NaN where the sum is zero.
    """

    token_norms: Float64[np.ndarray, " sequence"]
    position_norms: Float64[np.ndarray, " sequence"]
    input_norms: Float64[np.ndarray, " sequence"]
    position_share: Float64[np.ndarray, " sequence"]

    def part(self, tokens: slice) -> "Composition":
        """Return the same measures of some of the tokens."""
        return Composition(
            self.token_norms[tokens], self.position_norms[tokens], self.input_norms[tokens], self.position_share[tokens]
        )


def compose(
    token_embeddings: Float32[np.ndarray, "..."],
    position_embeddings: Float32[np.ndarray, "..."],
    input_embeddings: Float32[np.ndarray, "..."],
) -> Composition:
    """Measure a sum of vectors [sequence, d_model], in float64. Raises ShapeError if the three differ in shape.

    >>> token, position = np.eye(2, dtype=np.float32)[:, None]
    >>> compose(token, position, token + position).position_share
    array([0.5])
    """
    shapes = {tuple(array.shape) for array in (token_embeddings, position_embeddings, input_embeddings)}
    if len(shapes) != 1:
        msg = f"token, position and input vectors have shapes {sorted(shapes)}: they must be the same to be added"
        raise ShapeError(msg)
    tokens, positions, inputs = (
        array.astype(np.float64) for array in (token_embeddings, position_embeddings, input_embeddings)
    )
    squared = (inputs**2).sum(axis=1)
    share = np.full(len(inputs), np.nan)
    np.divide((positions * inputs).sum(axis=1), squared, out=share, where=squared > 0)
    return Composition(norms(tokens), norms(positions), np.sqrt(squared), share)


def making(
    token_embeddings: Float32[np.ndarray, "*batch sequence stored_width"],
    position_embeddings: Float32[np.ndarray, "sequence position_width"] | None,
    input_embeddings: Float32[np.ndarray, "*batch sequence d_model"],
) -> Making:
    """Return what these input vectors are: the token "rows" themselves, the "sum" of rows and positions, or "more".

    "more" is what a model makes that also scales, normalizes, or adds a token type. A sum holds within SUM_RTOL and
    SUM_ATOL, rows bit for bit.
    """
    if np.array_equal(token_embeddings, input_embeddings):
        return "rows"
    widths = {token_embeddings.shape[-1], input_embeddings.shape[-1]}
    if position_embeddings is None or len(widths | {position_embeddings.shape[-1]}) > 1:
        return "more"
    total = token_embeddings.astype(np.float64) + position_embeddings
    return "sum" if np.allclose(input_embeddings, total, rtol=SUM_RTOL, atol=SUM_ATOL) else "more"


def norms(vectors: np.ndarray) -> Float64[np.ndarray, " n"]:
    """Return the Euclidean length of each row, in float64."""
    return np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1))


def mean_vector(vectors: np.ndarray) -> Float64[np.ndarray, " d_model"]:
    """Return the mean of n ≥ 1 vectors [n, d_model], in float64.

    >>> mean_vector(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([2., 4.])
    """
    return vectors.mean(axis=0, dtype=np.float64)


def apart(left: np.ndarray, right: np.ndarray) -> float:
    """Return the Euclidean distance between two vectors [d_model], whose difference is taken in their own precision.

    >>> apart(np.array([1.0, 2.0]), np.array([4.0, 6.0]))
    5.0
    """
    return float(norms((left - right)[None])[0])


def is_scaled_sum(
    token_embeddings: Float32[np.ndarray, "*batch sequence d_model"],
    position_embeddings: Float32[np.ndarray, "sequence d_model"] | None,
    input_embeddings: Float32[np.ndarray, "*batch sequence d_model"],
    *,
    scale: float,
) -> bool:
    """Return whether input vectors are `scale` times the token vectors, plus the position vectors where there are any.

    That holds within 1e-5 of each number, or 1e-6 near 0: the scale may have been rounded to float16 in the file.
    """
    total = token_embeddings * np.float32(scale)
    if position_embeddings is not None:
        total = total + position_embeddings
    return bool(np.allclose(input_embeddings, total, rtol=1e-5, atol=1e-6))


def normalized(vectors: Float32[np.ndarray, "n d_model"]) -> Float32[np.ndarray, "n d_model"]:
    """Return each row with mean 0 and variance 1, as a LayerNorm of gain 1 and bias 0 (Ba et al. 2016; ε 1e-5)."""
    wide = vectors.astype(np.float64)
    centered = wide - wide.mean(axis=1, keepdims=True)
    return (centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + 1e-5)).astype(np.float32)


def cosine_matrix(vectors: np.ndarray) -> Float64[np.ndarray, "n n"]:
    """Return the cosine between every two rows, in [-1, 1]; 0 with a zero row."""
    wide = vectors.astype(np.float64)
    lengths = norms(wide)[:, None]
    unit = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return np.clip(unit @ unit.T, -1.0, 1.0)


def n_shared_rows(left: np.ndarray, right: np.ndarray) -> int:
    """Return how many rows two matrices have in common, bit for bit, whatever their order (each pair once)."""
    bags = [Counter(row.tobytes() for row in np.ascontiguousarray(matrix)) for matrix in (left, right)]
    return (bags[0] & bags[1]).total()


def one_hot(token_ids: np.ndarray, columns: np.ndarray) -> Float32[np.ndarray, "n_tokens n_columns"]:
    """Return a row for each token: 1 in the column of its id, 0 elsewhere; `columns` are the ids that have a column."""
    return (token_ids[:, None] == columns[None, :]).astype(np.float32)
