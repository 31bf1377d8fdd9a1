"""The error of a checkpoint whose token table must be named by who knows it, with the tensors that it could be."""

from collections.abc import Sequence

from embedcore.errors import ModelFileError


class UnnamedTable(ModelFileError):
    """No rule says which tensor is the token table; `candidates` are the names of some matrices of the checkpoint.

    `fault` is what is wrong; the message says the remedy too, which is an option of the command.
    """

    def __init__(self, fault: str, remedy: str, candidates: Sequence[str]) -> None:
        super().__init__(f"{fault}: {remedy}")
        self.fault, self.candidates = fault, tuple(candidates)
