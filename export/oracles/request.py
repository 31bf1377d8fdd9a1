"""What an oracle is given: a model's scheme, the length of a sequence, and the rows that it has to compute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedcore.contract import ModelMetadata
from embedcore.values import ByContent

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Request(ByContent):
    """A model's metadata, the table that its file stores for positions, the length of the sequence, and the rows.

    The rows are `first` … `after` − 1 of an output's last axis but one: positions, queries or distances. The table is
    empty where the file stores none.
    """

    metadata: ModelMetadata
    table: np.ndarray
    sequence: int
    first: int
    after: int

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of the scheme, as the file carries them."""
        return self.metadata.position_parameters

    @property
    def head_dim(self) -> int:
        """The width of a head."""
        return int(self.metadata.head_dim)

    @property
    def places(self) -> np.ndarray:
        """The rows as positions, for instance those of queries."""
        return np.arange(self.first, self.after)

    @property
    def distances(self) -> np.ndarray:
        """The rows as distances, query minus key: row r is the distance r − (sequence − 1)."""
        return self.places - (self.sequence - 1)


# It returns float64 arrays by the contract's output names, each with the requested rows alone.
Oracle = Callable[[Request], Arrays]
