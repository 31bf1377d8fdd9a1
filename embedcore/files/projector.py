"""The two files of TensorFlow's embedding projector: vectors.tsv, a line for each vector, and metadata.tsv beside it.

Neither has quotes: a field must hold no tab and no end of a line, which the labels of tokens never do.
Source: the projector's own help, "Load data from your computer".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np
from jaxtyping import Float32

from embedcore.files.decimals import number_lines

_LINES: Final = 4096  # of metadata that are one part


def vectors_tsv(parts: Iterable[Float32[np.ndarray, "n width"]]) -> Iterator[bytes]:
    """Yield the content of vectors.tsv part by part: a line for each row, in the shortest decimals of float32."""
    for part in parts:
        yield b"".join(line + b"\n" for line in number_lines(part, b"\t"))


def metadata_tsv(columns: Mapping[str, Sequence[object]]) -> Iterator[bytes]:
    """Yield the content of metadata.tsv: a line of the columns' names, then one for each row.

    At least two columns: the projector takes the first line of a single one for a row.
    """
    yield "\t".join(columns).encode() + b"\n"
    rows = zip(*columns.values(), strict=True)
    while part := list(islice(rows, _LINES)):
        yield "".join("\t".join(map(str, row)) + "\n" for row in part).encode()
