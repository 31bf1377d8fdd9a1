"""Learned absolute positions: a trained vector for each place."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Size, vectors_of
from embedcore.checks.sizes import check_size
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.schemes.absolute import OUTPUTS, Absolute, row_scale
from embedcore.schemes.attention import Scheme
from embedcore.schemes.declaration import Declaration
from embedcore.values import ByContent


@dataclass(frozen=True, slots=True, eq=False)
class Learned(ByContent, Absolute):
    """One trained vector for each place: the rows of a model's own `table` [n_positions, d_model]."""

    name: ClassVar[str] = "learned"
    table: Array  # float32 [n_positions, d_model]

    @property
    def n_places(self) -> int | None:
        """How many places have a vector: as many as the table has rows."""
        return len(self.table)

    def first_vectors(self, n_positions: Size, d_model: Size) -> Float32[np.ndarray, "n_positions d_model"]:
        """Return the first rows of the table, as they are.

        Raises ShapeError where the table has fewer rows, or rows of another width.
        """
        check_size(1, n_positions=n_positions)
        return self._table(np.array([n_positions - 1]), int(d_model))[: int(n_positions)]

    def _vectors(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n d_model"]:
        table = self._table(positions, d_model)
        return run_graph("learned", table=table, positions=positions)["position_embeddings"]

    def _table(self, positions: np.ndarray, d_model: int) -> Float32[np.ndarray, "n_positions d_model"]:
        """Return the table, which has a row for each of `positions`."""
        table = vectors_of("learned positions", self.table)
        is_outside = (positions < 0) | (positions >= len(table))
        if is_outside.any():
            msg = (
                f"position {positions[is_outside][0]} has no row: the model learned {len(table)} positions, "
                f"0…{len(table) - 1}; choose a shorter text or reach"
            )
            raise ShapeError(msg)
        if table.shape[1] != d_model:
            msg = f"position vectors are {table.shape[1]} wide, but token vectors {d_model}: they must be equal"
            raise ShapeError(msg)
        return table


def _make(metadata: ModelMetadata, parameters: dict[str, Any], table: np.ndarray | None) -> Scheme:
    vectors: Any = table  # a model that carries this scheme has them
    return Learned(**parameters, table=vectors, row_scale=row_scale(metadata))


DECLARED: Final = (
    Declaration(
        scheme=Learned,
        title="Learned",
        place=10,
        outputs=OUTPUTS,
        is_lookup=True,
        table="position vectors",
        make=_make,
    ),
)
