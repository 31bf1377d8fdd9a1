"""Fixed sine and cosine positions: nothing is learned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Choice, Number, Size, some_positions_of
from embedcore.checks.sizes import check_base, check_pairs, check_size, check_table, check_wave_layout
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.schemes.absolute import OUTPUTS, Absolute, row_scale
from embedcore.schemes.attention import Scheme
from embedcore.schemes.declaration import Declaration, Knob
from embedcore.schemes.waves import BASE, BASE_KNOB, FIRST_PLACE, WAVE_LAYOUT, WAVE_LAYOUT_KNOB


@dataclass(frozen=True, slots=True)
class Sinusoidal(Absolute):
    """Fixed waves, and rows times √d_model unless `row_scale` says otherwise (Vaswani et al. 2017, 3.4 and 3.5).

    `wave_layout` "interleaved", or "halves": all sines before all cosines, as Marian has them. `first_place` is the
    place whose waves the first token has, 0 or more: 2 in M2M-100.
    """

    name: ClassVar[str] = "sinusoidal"
    is_real: ClassVar[bool] = True
    has_pairs: ClassVar[bool] = True
    base: Number = 10_000.0
    wave_layout: Choice = "interleaved"
    row_scale: Number | None = field(default=None, kw_only=True)
    first_place: Size = field(default=0, kw_only=True)

    def _vectors(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
        check_size(0, first_place=self.first_place)
        places = positions + int(self.first_place)
        return sinusoidal_at(places, d_model, base=self.base, wave_layout=self.wave_layout)

    def _pair(self, pair: int, n_heads: int, head_dim: int) -> list[int]:
        if self.wave_layout == "interleaved":
            return [2 * pair, 2 * pair + 1]
        if n_heads > 1:
            msg = (
                f"pair {pair} lies in two of the {n_heads} heads: in halves a head has only sines or only cosines; "
                "choose 1 head, or all pairs"
            )
            raise ShapeError(msg)
        return [pair, pair + head_dim // 2]


def sinusoidal(
    n_positions: Size, d_model: Size, *, base: Number = 10_000.0
) -> Float32[np.ndarray, "n_positions d_model"]:
    """Return the sine and cosine positions that `graphs/sinusoidal.onnx` gives.

    n_positions ≥ 1; d_model even, ≥ 2; base > 0. Raises ShapeError otherwise. Source: Vaswani et al. 2017, 3.5.

    >>> sinusoidal(1, 4)[0]
    array([0., 1., 0., 1.], dtype=float32)
    """
    check_size(1, n_positions=n_positions)
    check_pairs(d_model)
    check_table(n_positions, d_model)
    return sinusoidal_at(np.arange(n_positions), d_model, base=base)


def sinusoidal_at(
    positions: Array, d_model: Size, *, base: Number, wave_layout: Choice = "interleaved"
) -> Float32[np.ndarray, "n d_model"]:
    """Return the waves at `positions`, whole or not, negative ones too: the distances of Transformer-XL are.

    Raises ShapeError where there is no position, d_model is odd, or base is not above 0.
    """
    places = some_positions_of(positions)
    check_pairs(d_model)
    check_base(base)
    check_wave_layout(wave_layout)
    check_table(len(places), d_model)
    is_halves = wave_layout == "halves"
    waves = run_graph("sinusoidal", positions=places, pairs=np.arange(d_model // 2), base=base, is_halves=is_halves)
    return waves["position_embeddings"]


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    check_pairs(metadata.d_model)
    check_base(own["base"])
    check_wave_layout(own.get("wave_layout", "interleaved"))
    check_size(0, first_place=own.get("first_place", 0))


def _make(metadata: ModelMetadata, parameters: dict[str, Any], table: np.ndarray | None) -> Scheme:
    del table
    return Sinusoidal(**parameters, row_scale=row_scale(metadata))


_SCALE_KNOB: Final = Knob(
    "row_scale",
    "row_scale",
    "Multiply token vectors by √d_model",
    "switch",
    default=True,
    meanings=(1.0, None),
    width=2.0,
)

DECLARED: Final = (
    Declaration(
        scheme=Sinusoidal,
        title="Sinusoidal",
        place=20,
        outputs=OUTPUTS,
        parameters=(BASE, WAVE_LAYOUT, FIRST_PLACE),
        knobs=(BASE_KNOB, WAVE_LAYOUT_KNOB, _SCALE_KNOB),
        check=_check,
        make=_make,
    ),
)
