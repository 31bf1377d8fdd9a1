"""The error of a checkpoint whose token table must be named by who knows it, with the tensors that it could be."""

from collections.abc import Sequence

from embedcore.errors import ModelFileError


class UnnamedTable(ModelFileError):
    """No rule says which tensor is the token table; `candidates` are the names of some matrices of the checkpoint."""

    def __init__(self, message: str, candidates: Sequence[str]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)
