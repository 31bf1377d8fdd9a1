"""Transformer-XL's relative positions: waves of the distance, and two learned vectors for all queries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np

from embedcore.checks.given import Choice, Number, Size
from embedcore.checks.sizes import check_base, check_memory, check_wave_layout, paired_head_width
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.schemes.attention import (
    LARGEST_SCORES,
    Attention,
    Heads,
    Scheme,
    Strip,
    Tokens,
    drawn,
    keep_dimensions,
    range_of_distances,
)
from embedcore.schemes.declaration import Declaration
from embedcore.schemes.relative import N_HEADS, OUTPUTS, sides, total
from embedcore.schemes.sinusoidal import sinusoidal_at
from embedcore.schemes.waves import BASE, BASE_KNOB, WAVE_LAYOUT, WAVE_LAYOUT_KNOB, model_pairs


@dataclass(frozen=True, slots=True)
class TransformerXL(Scheme):
    """Waves of the distance, and learned u and v for all queries (Dai et al. 2019).

    R is as wide as a head, as a model's file has it, and each head's projection W_kR is the identity. `wave_layout`
    of its waves: the paper's, or "halves", all sines before all cosines, which the released models have.
    """

    name: ClassVar[str] = "transformer-xl"
    has_pairs: ClassVar[bool] = True
    base: Number = 10_000.0
    seed: Size = 123
    wave_layout: Choice = "interleaved"

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the sum of the terms (a) to (d), each / √head_dim."""
        head_dim = paired_head_width(queries.vectors.shape[1], heads.n_heads)
        check_base(self.base)
        check_wave_layout(self.wave_layout)
        both = sides(queries, keys, heads)
        u, v = (drawn(self.seed, heads.n_heads, 1, head_dim, turn=turn)[heads.chosen] for turn in (0, 1))
        if heads.pair is not None:
            is_halves = self.wave_layout == "halves"
            kept = [heads.pair, heads.pair + head_dim // 2] if is_halves else [2 * heads.pair, 2 * heads.pair + 1]
            both |= {side: keep_dimensions(both[side], kept) for side in ("queries", "keys")}
            u, v = keep_dimensions(u, kept), keep_dimensions(v, kept)
        first, last = range_of_distances(queries.positions, keys.positions)
        check_memory(
            f"waves of {last - first + 1:,} distances of width {head_dim}",
            (last - first + 1) * head_dim * len(heads.chosen),
            most=LARGEST_SCORES,
            remedy="choose positions that are nearer to each other",
        )
        outputs = run_graph(
            "transformer_xl",
            **both,
            distances=np.arange(first, last + 1),
            pairs=np.arange(head_dim // 2),
            base=self.base,
            projection=np.repeat(np.eye(head_dim, dtype=np.float32)[None], len(heads.chosen), axis=0),
            u=u,
            v=v,
            is_halves=self.wave_layout == "halves",
        )
        shape = outputs["a"].shape
        terms = {f"({name})": np.broadcast_to(outputs[name], shape) for name in "abcd"}
        return Attention(total(terms), outputs["a"], terms)

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return R_{i−j}."""
        head_dim = paired_head_width(d_model, heads.n_heads)
        distances = positions[query] - positions
        waves = sinusoidal_at(distances, head_dim, base=self.base, wave_layout=self.wave_layout)
        return (Strip("R(i−j)", waves, origin="formula"),)


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    model_pairs(metadata)
    check_base(own["base"])
    check_wave_layout(own.get("wave_layout", "interleaved"))


DECLARED: Final = (
    Declaration(
        scheme=TransformerXL,
        title="Transformer-XL",
        place=40,
        outputs=OUTPUTS,
        never_in_a_file="u and v",
        parameters=(N_HEADS, BASE, WAVE_LAYOUT),
        knobs=(
            replace(BASE_KNOB, key="xl_base", label="Base of the waves"),
            replace(WAVE_LAYOUT_KNOB, key="xl_wave_layout", label="Layout of the waves"),
        ),
        check=_check,
    ),
)
