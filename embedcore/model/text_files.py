"""The vectors of a text as files: what the model's file gives for it, under the names of the contract.

NumPy's `.npz` holds the arrays bit for bit. CSV and the pair of TensorFlow's projector hold every number in the fewest
digits that read back as the same float32.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32

from embedcore import contract
from embedcore.files.archives import npz, zipped
from embedcore.files.cells import safe_cell
from embedcore.files.decimals import number_lines
from embedcore.files.projector import metadata_tsv, vectors_tsv
from embedcore.model.model import InputLayer

_TOO_LARGE: Final = contract.ATTENTION_BIAS  # grows with the square of the text


def text_npz(layer: InputLayer, labels: Sequence[str]) -> bytes:
    """Return the arrays of a text's run: ids, labels, and every output of the file but attention_bias.

    `layer` is a run of one sequence; `labels` name its tokens. Arrays keep their shapes, [1, sequence, …] for most.
    """
    arrays = {"token_ids": layer.token_ids, "tokens": np.array(labels, dtype=np.str_)}
    arrays[contract.TOKEN_EMBEDDINGS] = layer.token_embeddings
    if layer.position_embeddings is not None:
        arrays[contract.POSITION_EMBEDDINGS] = layer.position_embeddings
    arrays[contract.INPUT_EMBEDDINGS] = layer.input_embeddings
    return npz(arrays | {name: values for name, values in layer.extras.items() if name != _TOO_LARGE})


def text_csv(layer: InputLayer, labels: Sequence[str]) -> bytes:
    """Return a line for each token and each of its vectors: position, id, token, vector, then the numbers.

    UTF-8 with the mark by which spreadsheets know it. Vectors that are narrower than others end with empty cells.
    """
    kinds = _vectors(layer)
    widest = max(rows.shape[1] for rows in kinds.values())
    ids = layer.token_ids[0].tolist()
    lines = {kind: number_lines(rows, b",") for kind, rows in kinds.items()}
    head = ["position", "id", "token", "vector", *map(str, range(widest))]
    parts = [_cells(head)]
    for position, (token_id, label) in enumerate(zip(ids, labels, strict=True)):
        for kind, rows in kinds.items():
            before = _cells([position, token_id, safe_cell(label), kind])
            parts.append(b",".join((before, lines[kind][position])) + b"," * (widest - rows.shape[1]))
    return b"\xef\xbb\xbf" + b"".join(part + b"\r\n" for part in parts)


def text_projector(layer: InputLayer, labels: Sequence[str]) -> bytes:
    """Return a ZIP of vectors.tsv and metadata.tsv, as TensorFlow's embedding projector loads them.

    Each token has a line for each of its vectors. Vectors of another width than the input vectors lie in another space,
    and have a pair of their own, such as vectors_128.tsv and metadata_128.tsv.
    """
    kinds, width = _vectors(layer), layer.input_embeddings.shape[2]
    files: dict[str, bytes] = {}
    for other in sorted({rows.shape[1] for rows in kinds.values()}, key=lambda other: (other != width, other)):
        ending = "" if other == width else f"_{other}"
        alike = {kind: rows for kind, rows in kinds.items() if rows.shape[1] == other}
        files[f"vectors{ending}.tsv"] = b"".join(vectors_tsv(alike.values()))
        files[f"metadata{ending}.tsv"] = b"".join(metadata_tsv(_metadata(alike, layer, labels)))
    return zipped(files)


def _vectors(layer: InputLayer) -> dict[str, Float32[np.ndarray, "sequence width"]]:
    """Return the vectors of the text's tokens by kind."""
    kinds = {"token": layer.token_embeddings[0]}
    if layer.position_embeddings is not None:
        kinds["position"] = layer.position_embeddings
    return kinds | {"input": layer.input_embeddings[0]}


def _metadata(kinds: Mapping[str, np.ndarray], layer: InputLayer, labels: Sequence[str]) -> dict[str, list[object]]:
    """Return the columns of metadata.tsv: a label that each line has alone, and what it is made of."""
    rows = [
        (f"{position} {label} {kind}", kind, position, token_id)
        for kind in kinds
        for position, (label, token_id) in enumerate(zip(labels, layer.token_ids[0].tolist(), strict=True))
    ]
    return dict(zip(("label", "vector", "position", "id"), map(list, zip(*rows, strict=True)), strict=True))


def _cells(values: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue().encode()
