"""Rotary positions: pairs of dimensions turned by their position, plain or stretched past the trained length."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore.checks.given import Array, Size, some_positions_of
from embedcore.checks.sizes import check_least, check_memory, check_pairs, check_size, paired_head_width
from embedcore.contract import ROTARY_COS, ROTARY_SIN, ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.schemes.attention import LARGEST_SCORES, Attention, Heads, Scheme, Strip, Tokens, keep_dimensions
from embedcore.schemes.declaration import Declaration, Place
from embedcore.schemes.rope_options import KNOBS, PARAMETERS, complete, remark
from embedcore.schemes.rope_parameters import ARGUMENTS, RopeParameters, default
from embedcore.schemes.rotary import Frequencies, Rotary
from embedcore.schemes.waves import model_pairs


@dataclass(frozen=True, slots=True)
class Rope(Rotary):
    """Queries and keys turned by their places, so that their score knows the distance (Su et al. 2021)."""

    name: ClassVar[str] = "rope"
    has_pairs: ClassVar[bool] = True
    is_real: ClassVar[bool] = True
    parameters: RopeParameters

    @property
    def scaling(self) -> str:
        """How the frequencies are stretched."""
        return self.parameters.scaling

    @property
    def trained_length(self) -> int | None:
        """The trained length, where the scheme has it."""
        return self.parameters.original_length

    def _attend(self, queries: Tokens, keys: Tokens, heads: Heads) -> Attention:
        """Return the plain score of the turned vectors; dynamic NTK and LongRoPE take the last place as the length.

        A place between whole ones counts as the whole one below it there.
        """
        paired_head_width(queries.vectors.shape[1], heads.n_heads)
        split = {"queries": heads.split(queries.vectors), "keys": heads.split(keys.vectors)}
        head_dim = split["keys"].shape[2]
        if heads.pair is not None:
            split = {side: keep_dimensions(values, self._pair(heads.pair, head_dim)) for side, values in split.items()}
        content = run_graph("none", **split)["scores"]
        outputs = self._run(split, queries.positions, keys.positions)
        return Attention(outputs["scores"], content, {})

    def _strips(self, query: int, positions: np.ndarray, d_model: int, heads: Heads) -> tuple[Strip, ...]:
        """Return cosines and sines of every place."""
        del query
        cos, sin = self.waves(positions, paired_head_width(d_model, heads.n_heads))
        return (Strip("cosine", cos), Strip("sine", sin))

    def waves(
        self, positions: Array, head_dim: Size
    ) -> tuple[Float32[np.ndarray, "n head_dim"], Float32[np.ndarray, "n head_dim"]]:
        """Return cosines and sines at `positions` [n], whole or not, in the layout.

        Raises ShapeError where there is no position, or head_dim is odd.
        """
        places = some_positions_of(positions)
        check_pairs(head_dim, "head_dim")
        check_memory(
            f"waves of {len(places):,} positions and width {head_dim:,}",
            len(places) * head_dim,
            most=LARGEST_SCORES,
            remedy=f"choose fewer positions, {max(1, LARGEST_SCORES // 4 // head_dim):,} say",
        )
        nothing = np.zeros((1, len(places), head_dim), np.float32)
        outputs = self._run({"queries": nothing[:, :1], "keys": nothing}, places[:1], places)
        return outputs["rotary_cos"], outputs["rotary_sin"]

    def rotated(self, vectors: Array, positions: Array, heads: Heads) -> Float32[np.ndarray, "n_chosen n head_dim"]:
        """Return the heads of vectors [n, d_model], turned to their places. Raises ShapeError where sizes differ."""
        tokens = Tokens(vectors, positions)
        check_least(1, n_vectors=len(tokens.vectors))
        heads.check(tokens.vectors.shape[1])
        paired_head_width(tokens.vectors.shape[1], heads.n_heads)
        split = heads.split(tokens.vectors)
        places = tokens.positions
        return self._run({"queries": split[:, :1], "keys": split}, places[:1], places)["rotated_keys"]

    def frequencies(self, head_dim: Size, *, length: Size) -> Frequencies:
        """Return the frequencies for `length` ≥ 1 places. Raises ShapeError where a number is out of range."""
        check_size(1, length=length)
        check_pairs(head_dim, "head_dim")
        check_memory(f"frequencies of {head_dim:,} dimensions", head_dim, remedy=f"choose {375_000_000:,} or fewer")
        self.parameters.check(head_dim)
        arguments = self.parameters.arguments(head_dim)
        if "length" in ARGUMENTS[self.parameters.scaling]:
            arguments["length"] = length
        inputs: dict[str, np.ndarray] = {
            name: np.asarray(value, np.bool_ if isinstance(value, bool) else np.float64)
            for name, value in arguments.items()
        }
        n_pairs = self.parameters.n_pairs(head_dim)
        outputs = run_graph(f"rope_{self.parameters.scaling}", pairs=np.arange(n_pairs), **inputs)
        return Frequencies(outputs["frequencies"], float(outputs["attention_scale"]))

    def every_scaling(self, **others: Any) -> dict[str, "Rope"]:
        """Return this scheme with each scaling in turn, by the scaling's name, each with the numbers that it uses.

        `others` are numbers that this scheme does not have, for the scalings that use them.
        """
        more = {name: value for name, value in others.items() if getattr(self.parameters, name) is None}
        scaled: dict[str, Rope] = {}
        for scaling, used in ARGUMENTS.items():
            own = {name: value for name, value in more.items() if name in used}
            scaled[scaling] = Rope(replace(self.parameters, scaling=scaling, **own))
        return scaled

    def stretched(self, trained_length: Size, head_dim: Size) -> dict[str, "Rotary"]:
        """Return this scheme with each scaling in turn, for a model of that trained length; of few pairs one turns."""
        proportion = max(default("proportional", "proportion"), 1 / self.parameters.n_pairs(int(head_dim)))
        return dict(self.every_scaling(original_length=trained_length, proportion=proportion))

    def pairs(self, head_dim: Size) -> Int64[np.ndarray, "n_pairs 2"]:
        """Return the two dimensions of each pair, in the layout. Raises ShapeError where head_dim is odd."""
        check_pairs(head_dim, "head_dim")
        check_memory(f"pairs of {head_dim:,} dimensions", head_dim, remedy=f"choose {375_000_000:,} or fewer")
        return np.array([self._pair(pair, head_dim) for pair in range(self.parameters.n_pairs(int(head_dim)))])

    def _pair(self, pair: int, head_dim: int) -> list[int]:
        n_pairs = self.parameters.n_pairs(head_dim)
        if pair >= n_pairs:
            msg = f"pair {pair} does not turn: rotary_dim is {2 * n_pairs}, so choose a pair from 0 to {n_pairs - 1}"
            raise ShapeError(msg)
        return [2 * pair, 2 * pair + 1] if self.parameters.layout == "interleaved" else [pair, pair + n_pairs]

    def _run(
        self, split: dict[str, np.ndarray], query_positions: np.ndarray, key_positions: np.ndarray
    ) -> Mapping[str, np.ndarray]:
        length = max(1, math.floor(max(query_positions.max(), key_positions.max())) + 1)
        frequencies = self.frequencies(split["keys"].shape[2], length=length)
        return run_graph(
            "rope",
            **split,
            query_positions=query_positions,
            key_positions=key_positions,
            frequencies=frequencies.values,
            attention_factor=frequencies.attention_factor,
            is_interleaved=self.parameters.layout == "interleaved",
        )


def _check(metadata: ModelMetadata, own: Mapping[str, Any]) -> None:
    RopeParameters(**own).check(model_pairs(metadata))


def _make(metadata: ModelMetadata, parameters: dict[str, Any], table: np.ndarray | None) -> Scheme:
    del metadata, table
    return Rope(RopeParameters(**parameters))


def _set(values: Mapping[str, Any], place: Place) -> Scheme:
    """Return the scheme as a reader sets it; what is out of range is told here, once."""
    head_dim = paired_head_width(place.d_model, place.n_heads)
    scheme = Rope(RopeParameters(place.n_heads, **values))
    scheme.frequencies(head_dim, length=1)
    return scheme


DECLARED: Final = (
    Declaration(
        scheme=Rope,
        title="Rotary (RoPE)",
        place=90,
        outputs={ROTARY_COS: ("sequence", "head_dim"), ROTARY_SIN: ("sequence", "head_dim")},
        parameters=PARAMETERS,
        options_title="rotary positions",
        knobs=KNOBS,
        chooser="scaling",
        check=_check,
        make=_make,
        set=_set,
        complete=complete,
        remark=remark,
    ),
)
