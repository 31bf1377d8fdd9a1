"""ALiBi: a straight line for each head, lower the farther the key lies; nothing is learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Number
from embedcore.checks.sizes import DEFAULT_BIAS_MAX, check_bias_max
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import Heads
from embedcore.schemes.bias import OUTPUTS, Bias
from embedcore.schemes.declaration import NUMBER, Declaration, Knob, Parameter
from embedcore.schemes.relative import N_HEADS


@dataclass(frozen=True, slots=True)
class Alibi(Bias):
    """−slope · |i − j|, with one slope for each head, and nothing learned (Press et al. 2022).

    `bias_max` is that of `embedcore.nn.alibi`.
    """

    name: ClassVar[str] = "alibi"
    is_real: ClassVar[bool] = True
    bias_max: Number = DEFAULT_BIAS_MAX

    def slopes(self, heads: Heads) -> Float32[np.ndarray, " n_chosen"]:
        """Return the slopes of the chosen heads."""
        return self._run(np.zeros(1, np.int64), np.zeros(1, np.int64), heads)["slopes"]

    def _run(self, query_positions: np.ndarray, key_positions: np.ndarray, heads: Heads) -> Mapping[str, np.ndarray]:
        check_bias_max(self.bias_max)
        return run_graph(
            "alibi",
            query_positions=query_positions,
            key_positions=key_positions,
            n_heads=heads.n_heads,
            heads=heads.chosen,
            bias_max=self.bias_max,
        )


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    del metadata
    check_bias_max(own.get("bias_max", DEFAULT_BIAS_MAX))


_BIAS_MAX: Final = Parameter(
    "bias_max",
    NUMBER,
    "--bias-max",
    "alibi: the gentlest slope is 2 to the power of minus this (8)",
    is_later=True,
)

DECLARED: Final = (
    Declaration(
        scheme=Alibi,
        title="ALiBi",
        place=80,
        outputs=OUTPUTS,
        parameters=(N_HEADS, _BIAS_MAX),
        knobs=(Knob("bias_max", "alibi_bias_max", "Exponent of the smallest slope", "decimal", DEFAULT_BIAS_MAX),),
        check=_check,
    ),
)
