"""float32 numbers as text: each in the fewest digits that read back as the same bits."""

from typing import Final

import numpy as np
from jaxtyping import Float32

try:
    import orjson
except (
    ImportError
):  # the app has it for its charts; the library alone writes the same numbers, some twenty times slower
    orjson = None  # type: ignore[assignment]

_BETWEEN_ROWS: Final = b"],["


def number_lines(rows: Float32[np.ndarray, "n width"], separator: bytes) -> list[bytes]:
    r"""Return each row as one line without its end: the numbers in their shortest form, `separator` between them.

    `numpy.float32(number)` reads each back as the same bits; NaN, of which text tells no two apart, and infinity are
    "nan" and "inf".

    >>> number_lines(np.float32([[0.1, -2], [1 / 3, 0]]), b"\t")
    [b'0.1\t-2.0', b'0.33333334\t0.0']
    """
    if orjson is None or not rows.size or not np.isfinite(rows).all():  # JSON has no NaN
        return [separator.join(row) for row in rows.astype("S16").tolist()]
    text: bytes = orjson.dumps(np.ascontiguousarray(rows), option=orjson.OPT_SERIALIZE_NUMPY)
    return [row.replace(b",", separator) for row in text[2:-2].split(_BETWEEN_ROWS)]
