"""Rotary positions: each pair of dimensions turns by an angle that grows with the position."""

from collections.abc import Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import check_size, check_table, paired_head_width
from embedcore.nn.graph import Graph, heads, number, real_places, switch
from embedcore.nn.none import ContentScores
from embedcore.nn.rope_scaling import SCALINGS
from embedcore.nn.scheme import PositionScheme
from embedcore.schemes.rope_parameters import ARGUMENTS, RopeParameters

FOLLOWS_LENGTH: Final = ("dynamic",)  # past the trained length, frequencies depend on the sequence's length


class Rope(PositionScheme):
    """rotary_cos, rotary_sin [sequence, head_dim]: cosine and sine of position · frequency, times the attention factor.

    In the layout "half" the frequencies stand in order and then once more, θ_0 … θ_n θ_0 … θ_n (Llama); in
    "interleaved" each stands twice in a row, θ_0 θ_0 θ_1 θ_1 … (the paper). The waves are fixed; they are computed in
    float64 and stored, so that every runtime gives the same bits. LongRoPE stores the rows of short sequences and,
    after them, those of long ones; dynamic NTK in steps stores the rows of each step, one step after the other. Dynamic
    NTK stores the rows within the trained length; past it the waves depend on the length of the sequence and are
    computed when the file runs. Where only the first `rotary_dim` dimensions turn, the layout covers these, and the
    rest of the head has cosine 1 and sine 0. Source: Su et al. 2021; `rope_scaling.py` names those of the scalings.
    """

    name = "rope"

    def __init__(self, n_positions: int, d_model: int, parameters: RopeParameters) -> None:
        check_size(1, n_positions=n_positions)
        head_dim = paired_head_width(d_model, parameters.n_heads)
        parameters.check(head_dim)
        check_table(n_positions, head_dim)
        super().__init__()
        self.parameters_ = parameters
        self.scaling = SCALINGS[parameters.scaling]()
        self.head_dim = head_dim
        self.pairs = torch.arange(parameters.n_pairs(head_dim))
        arguments: dict[str, Any] = parameters.arguments(head_dim)
        self.arguments = {
            name: torch.tensor(value, dtype=torch.bool if isinstance(value, bool) else torch.float64)
            for name, value in arguments.items()
        }
        self.n_rows = n_positions
        # All sequences of up to `n_short` positions have the same waves: `n_short` is all rows, or the trained length.
        self.n_short = n_positions
        if "length" in ARGUMENTS[parameters.scaling]:
            self.n_short = min(n_positions, int(arguments["original_length"]))
        cos, sin = self._stored()
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme, whose waves are computed and not drawn."""
        return cls(context_length, d_model, RopeParameters(**hyperparameters))

    @property
    def n_positions(self) -> int | None:
        """The number of stored rows, or None where some waves are computed when the file runs."""
        return None if self._follows_length else self.n_rows

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the number of heads, the base, the layout, and the scaling with its numbers."""
        return self.parameters_.hyperparameters()

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return cosines and sines, float32 [sequence, head_dim]."""
        rows = positions
        length = torch.scalar_tensor(positions.shape[0], dtype=torch.int64)
        if self._follows_length:
            rows = torch.clamp(positions, max=self.n_short - 1)
        for edge in self._edges:
            rows = rows + torch.where(length > edge, edge, 0)
        cos, sin = (nn.functional.embedding(rows, self.get_buffer(name)) for name in ("cos", "sin"))
        if self._follows_length:
            far_cos, far_sin = self._waves(positions, length)
            cos = torch.where(length > self.n_short, far_cos, cos)
            sin = torch.where(length > self.n_short, far_sin, sin)
        return {contract.ROTARY_COS: cos, contract.ROTARY_SIN: sin}

    @property
    def _follows_length(self) -> bool:
        """Whether the waves of some sequences are computed when the file runs."""
        return self.parameters_.scaling in FOLLOWS_LENGTH and self.n_short < self.n_rows

    @property
    def _edges(self) -> tuple[int, ...]:
        """The longest sequence of each set of stored waves but the last; the set has as many rows."""
        if self._follows_length or self.n_short == self.n_rows:
            return ()
        if self.parameters_.scaling != "stepped":
            return (self.n_short,)
        doubled = (self.n_short * 2**power for power in range(self.n_rows.bit_length()))
        return tuple(edge for edge in doubled if edge < self.n_rows)

    def _stored(self) -> tuple[Tensor, Tensor]:
        """Return the waves that the file stores: those of short sequences, and after them those of longer ones."""
        sizes = [*self._edges, self.n_short if self._follows_length else self.n_rows]
        cos, sin = zip(*(self._waves(torch.arange(size), torch.tensor(size)) for size in sizes), strict=True)
        return torch.cat(cos), torch.cat(sin)

    def _waves(self, positions: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        arguments = dict(self.arguments)
        if "length" in ARGUMENTS[self.parameters_.scaling]:
            arguments["length"] = length.to(torch.float64)
        frequencies, attention_factor = self.scaling(self.pairs, **arguments)
        is_interleaved = torch.tensor(self.parameters_.layout == "interleaved")
        cos, sin = rotary_waves(positions, frequencies, attention_factor, is_interleaved)
        n_still = self.head_dim - cos.shape[1]
        return with_still(cos, sin, positions, n_still) if n_still else (cos, sin)


class RopeGraph(nn.Module):
    """Rotary positions, with every parameter as an input; the frequencies come from a scaling's graph."""

    def forward(
        self,
        queries: Tensor,
        keys: Tensor,
        query_positions: Tensor,
        key_positions: Tensor,
        frequencies: Tensor,
        attention_factor: Tensor,
        is_interleaved: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return scores [n_heads, n_queries, n_keys], rotated queries and keys, and the keys' rotary_cos, rotary_sin.

        `queries`, `keys` float32 [n_heads, n, head_dim]; positions float64 [n], of any sign; `frequencies` float64
        [n_pairs], by which the first 2·n_pairs dimensions of a head turn, while the others stay as they are;
        `attention_factor` float64 []; `is_interleaved` bool []. Waves are float32 [n_keys, head_dim].
        """
        n_pairs = torch.scalar_tensor(frequencies.shape[0], dtype=torch.int64)
        sides = []
        for vectors, positions in ((queries, query_positions), (keys, key_positions)):
            cos, sin = rotary_waves(positions, frequencies, attention_factor, is_interleaved)
            cos, sin = whole_head(cos, sin, positions, vectors.shape[2])
            sides.append(rotate(vectors, cos, sin, n_pairs, is_interleaved))
        rotated_queries, rotated_keys = sides
        return ContentScores()(rotated_queries, rotated_keys), rotated_queries, rotated_keys, cos, sin


def rotary_waves(
    positions: Tensor, frequencies: Tensor, attention_factor: Tensor, is_interleaved: Tensor
) -> tuple[Tensor, Tensor]:
    """Return cos and sin of position · frequency, times the attention factor: float32 [n, 2·n_pairs], in the layout."""
    angles = positions.to(torch.float64)[:, None] * frequencies[None, :]
    doubled = torch.stack((angles, angles), dim=-1).flatten(-2)
    laid_out = torch.where(is_interleaved, doubled, torch.cat((angles, angles), dim=-1))
    return (
        (laid_out.cos() * attention_factor).to(torch.float32),
        (laid_out.sin() * attention_factor).to(torch.float32),
    )


def with_still(cos: Tensor, sin: Tensor, positions: Tensor, n_still: int) -> tuple[Tensor, Tensor]:
    """Return the waves and `n_still` further dimensions that do not turn, as `whole_head` does, for a model's file."""
    zeros = (positions * 0).to(torch.float32)[:, None] + torch.zeros(n_still)
    return torch.cat((cos, zeros + 1), dim=1), torch.cat((sin, zeros), dim=1)


def whole_head(cos: Tensor, sin: Tensor, positions: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    """Return the waves [n, 2·n_pairs] as [n, head_dim]: in the dimensions that do not turn, cosines are 1, sines 0."""
    zeros = (positions * 0).to(torch.float32)[:, None]
    columns = torch.minimum(torch.arange(head_dim), torch.scalar_tensor(cos.shape[1], dtype=torch.int64))
    return (
        torch.cat((cos, zeros + 1), dim=1).index_select(1, columns),
        torch.cat((sin, zeros), dim=1).index_select(1, columns),
    )


def rotate(vectors: Tensor, cos: Tensor, sin: Tensor, n_pairs: Tensor, is_interleaved: Tensor) -> Tensor:
    """Return `vectors` with every pair (x, y) turned to (x cos − y sin, y cos + x sin), [n_heads, n, head_dim].

    The first 2·n_pairs dimensions are pairs; the others have cosine 1 and sine 0, and stay as they are. `n_pairs` is
    int64 [].
    """
    dimensions = torch.arange(vectors.shape[2])
    odd = torch.remainder(dimensions, 2)
    is_first = dimensions < n_pairs
    partners = torch.where(
        is_interleaved, dimensions + 1 - 2 * odd, torch.where(is_first, dimensions + n_pairs, dimensions - n_pairs)
    )
    partners = torch.where(dimensions < 2 * n_pairs, partners, dimensions)
    signs = torch.where(is_interleaved, 2 * odd - 1, 1 - 2 * is_first.to(torch.int64)).to(torch.float32)
    return vectors * cos + vectors.index_select(2, partners) * signs * sin


GRAPHS: Final[Mapping[str, Graph]] = {
    "rope": Graph(
        RopeGraph(),
        heads()
        | real_places()
        | {
            "frequencies": (torch.ones(2, dtype=torch.float64), ("n_pairs",)),
            "attention_factor": number(),
            "is_interleaved": switch(),
        },
        ("scores", "rotated_queries", "rotated_keys", contract.ROTARY_COS, contract.ROTARY_SIN),
    )
}
