"""A model's whole table as files, made part by part: no more of it is in memory than some rows."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Float32

from embedcore.files.projector import metadata_tsv, vectors_tsv
from embedcore.model.model import Model

TableFile = Literal["npy", "vectors.tsv", "metadata.tsv"]
TABLE_FILES: Final[tuple[TableFile, ...]] = get_args(TableFile)
_ROWS: Final = 512  # that are text at once: some 5 MB of it where rows are 1,000 wide


def table_parts(model: Model, kind: TableFile) -> Iterator[bytes]:
    """Yield the content of one of the table's files: float32 [n_vocab, stored_width], row i of token i.

    "npy" holds the rows bit for bit; "vectors.tsv" in the shortest decimals that read back as the same float32, and
    "metadata.tsv" has the label and the id of each. The last two are a pair of TensorFlow's embedding projector.
    """
    if kind == "npy":
        yield _npy_header(model)
        yield from (rows.astype("<f4", copy=False).tobytes() for rows in _parts(model))
    elif kind == "vectors.tsv":
        yield from vectors_tsv(_parts(model))
    else:
        ids = range(model.metadata.n_vocab)
        yield from metadata_tsv({"token": [model.tokenizer.label(token_id) for token_id in ids], "id": ids})


def npy_bytes(model: Model) -> int:
    """Return the size of the table's `.npy` file."""
    return len(_npy_header(model)) + 4 * model.metadata.n_vocab * int(model.metadata.stored_width)


def _parts(model: Model) -> Iterator[Float32[np.ndarray, "m stored_width"]]:
    for rows in model.rows_in_parts():
        yield from (rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS))


def _npy_header(model: Model) -> bytes:
    """Return what an `.npy` file begins with. Source: NEP 1, written by numpy itself."""
    header = BytesIO()
    shape = (model.metadata.n_vocab, int(model.metadata.stored_width))
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return header.getvalue()
