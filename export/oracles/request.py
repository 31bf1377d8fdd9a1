"""What an oracle is given: a model's scheme, a sequence, and the rows that are wanted of what the scheme gives."""

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

    The rows are `first` to before `after` of an output's last axis but one: places, queries or distances. The table is
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
        """The rows as places, those of queries for instance."""
        return np.arange(self.first, self.after)

    @property
    def distances(self) -> np.ndarray:
        """The rows as distances, query minus key: row r is r − (sequence − 1)."""
        return self.places - (self.sequence - 1)


# Float64 arrays by the contract's output names, each with the wanted rows alone.
Oracle = Callable[[Request], Arrays]
