"""ALiBi's bias, which in each head falls in proportion to the distance."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from export.oracles.bias import bias_by_distance
from export.oracles.request import Arrays, Oracle, Request


def alibi(request: Request) -> Arrays:
    """Return the bias by Press et al. 2022, section 3, and by its code where the number of heads is no power of two.

    MPT's code puts another number, `bias_max`, in place of the paper's 8.
    """
    n_heads, most = request.parameters["n_heads"], request.parameters.get("bias_max", 8)
    n = 2 ** (n_heads.bit_length() - 1)
    slopes = [2 ** (-most * (h + 1) / n) for h in range(n)]
    slopes += [2 ** (-most * (h + 1) / (2 * n)) for h in range(0, 2 * n, 2)][: n_heads - n]
    return bias_by_distance(
        request, lambda distances: -np.abs(np.array(distances))[:, None] * np.array(slopes)[None, :]
    )


ORACLES: Final[Mapping[str, Oracle]] = {"alibi": alibi}
