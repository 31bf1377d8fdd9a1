"""The tables behind the pictures: columns by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from embedcore.maps.linear import Projection
from embedcore.model.chain import Part, rows_in_turn
from embedcore.model.model import Model
from embedcore.model.trained_rows import untouched
from embedcore.space.metrics import Metric
from embedcore.space.neighbors import Neighbors
from embedcore.tokens.labels import token_label
from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from pages.shared import services, untrained
from pages.shared.reading import Reading


def vectors(reading: Reading) -> dict[str, Any]:
    """Return a row for each token and each part of its equation, a column for each dimension."""
    return parts(reading, services.equation(reading.model, reading.layer))


def parts(reading: Reading, shown: Sequence[Part]) -> dict[str, Any]:
    """Return a row for each token and each of `shown`, a column for each dimension; narrower ones end with NaN."""
    return {
        "token": [label for label in reading.labels for _ in shown],
        "id": np.repeat(reading.layer.token_ids[0], len(shown)),
        "vector": [part.title.removesuffix(" vectors") for part in shown] * len(reading.labels),
        **columns(rows_in_turn(shown)),
    }


def points(reading: Reading, projection: Projection) -> dict[str, Any]:
    """Return a row for each token: where its table row and its input vector lie on the map."""
    layer = reading.layer
    there = {"token": layer.token_embeddings[0], "input": layer.input_embeddings[0]}
    # Input vectors of another width than the rows have no place among them.
    places = {
        kind: projection.transform(rows) for kind, rows in there.items() if rows.shape[1] == there["token"].shape[1]
    }
    return {
        "token": list(reading.labels),
        "id": reading.layer.token_ids[0],
        **{f"{kind} PC {axis + 1}": place[:, axis] for kind, place in places.items() for axis in range(place.shape[1])},
    }


def tokens(model: Model, tokenization: Tokenization) -> dict[str, Any]:
    """Return a row for each token of a text: position, id, label, bytes, and whether its row was trained if that is known."""
    return {
        "position": np.arange(len(tokenization.token_ids)),
        "id": tokenization.token_ids,
        "token": [token_label(token) for token in tokenization.token_bytes],
        "bytes": [token.hex(" ") for token in tokenization.token_bytes],
        "n_bytes": [len(token) for token in tokenization.token_bytes],
        **({} if untouched(model.metadata) is None else {untrained.WORD: untrained.marks(model, tokenization)}),
    }


def matrix(labels: Sequence[str], values: np.ndarray, *, name: str = "row") -> dict[str, Any]:
    """Return a matrix as a table: one labeled row each, a column for each dimension."""
    return {name: list(labels), **columns(values)}


def matrices(labels: Sequence[str], parts: Mapping[str, np.ndarray], *, name: str = "token") -> dict[str, Any]:
    """Return matrices of the same labeled rows side by side: their columns by title and number."""
    numbered = {
        f"{title} {number}": column for title, values in parts.items() for number, column in columns(values).items()
    }
    return {name: list(labels), **numbered}


def pairs(labels: Sequence[str], parts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return a row for every query and key, and a column for each matrix [query, key] of `parts`."""
    return {
        "query": np.repeat(labels, len(labels)),
        "key": list(labels) * len(labels),
        **{name: values.ravel() for name, values in parts.items()},
    }


def neighbors(nearest: Neighbors, tokenizer: Tokenizer, metric: Metric, untrained_ids: np.ndarray) -> dict[str, Any]:
    """Return a row for each neighbor of the first query: rank, id, token, bytes, score, and whether it was trained."""
    token_ids = nearest.token_ids[0]
    every = [tokenizer.row_bytes(token_id) for token_id in token_ids.tolist()]
    there = {untrained.WORD: np.isin(token_ids, untrained_ids)} if len(untrained_ids) else {}
    return {
        "rank": np.arange(1, len(token_ids) + 1),
        "id": token_ids,
        "token": [token_label(token, row) for token, row in zip(every, token_ids.tolist(), strict=True)],
        "bytes": [(token or b"").hex(" ") for token in every],
        metric: nearest.scores[0],
        **there,
    }


def columns(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of a matrix by their number."""
    return {str(index): values[:, index] for index in range(values.shape[1])}
