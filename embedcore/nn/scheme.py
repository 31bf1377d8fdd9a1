"""What every positional scheme is: a module that turns a sequence length into named tensors."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from embedcore.errors import ShapeError


def check_matrix(table: Tensor, axes: str) -> None:
    """Raise ShapeError unless `table` is a tensor of two axes, each 1 or more; `axes` name them."""
    shape = list(table.shape) if isinstance(table, Tensor) else []
    if len(shape) != 2 or 0 in shape:
        msg = f"the table is {shape or type(table).__name__}, but must be a tensor {axes}, each 1 or more"
        raise ShapeError(msg)


class PositionScheme(nn.Module):
    """A way to tell a model where a token stands. A scheme is one file with one subclass.

    `name` is the contract's name for it; `hyperparameters()` goes into the file's metadata. Whatever a scheme stores
    for the file, learned or fixed, is its `table`.
    """

    name: ClassVar[str]

    @classmethod
    def drawn(cls, *, d_model: int, context_length: int, **hyperparameters: Any) -> Self:
        """Return the scheme for vectors of `d_model` and up to `context_length` positions, its learned parts drawn.

        `hyperparameters` are those that `hyperparameters()` returns. Learned parts come from torch's generator, as
        `nn.Embedding` draws them. Raises ShapeError where the numbers do not fit together.
        """
        raise NotImplementedError

    @property
    def n_positions(self) -> int | None:
        """The number of positions that the scheme has vectors for, or None where it serves any number."""
        return None

    def hyperparameters(self) -> Mapping[str, Any]:
        """Return the scheme's hyper-parameters as JSON values."""
        return {}

    def outputs(self, positions: Tensor) -> dict[str, Tensor]:
        """Return what the scheme gives for `positions`, int64 [sequence], by the contract's output names."""
        raise NotImplementedError

    def added(self, outputs: Mapping[str, Tensor]) -> Tensor | None:
        """Return what is added to the token rows, [sequence, d_model]; None for a scheme that acts elsewhere."""
        del outputs
        return None
