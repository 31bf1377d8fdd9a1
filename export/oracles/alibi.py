"""ALiBi: a straight line for each head."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from export.oracles.bias import bias_by_distance
from export.oracles.request import Arrays, Oracle, Request


def alibi(request: Request) -> Arrays:
    """Return the bias by Press et al. 2022, section 3, and its code for heads that are no power of two.

    MPT's code has other numbers for 8.
    """
    n_heads, most = request.parameters["n_heads"], request.parameters.get("bias_max", 8)
    n = 2 ** (n_heads.bit_length() - 1)
    slopes = [2 ** (-most * (h + 1) / n) for h in range(n)]
    slopes += [2 ** (-most * (h + 1) / (2 * n)) for h in range(0, 2 * n, 2)][: n_heads - n]
    return bias_by_distance(
        request, lambda distances: -np.abs(np.array(distances))[:, None] * np.array(slopes)[None, :]
    )


ORACLES: Final[Mapping[str, Oracle]] = {"alibi": alibi}
