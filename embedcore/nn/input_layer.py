"""The input layer of a language model: rows of a token table, positions, and what real models put around them."""

import math
from copy import deepcopy

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.checks.sizes import check_size
from embedcore.errors import ShapeError
from embedcore.nn.scheme import PositionScheme


class InputLayer(nn.Module):
    """Turns token ids into the vectors that enter block 1.

    input = LayerNorm(scale · table[ids] + positions + token_type), where everything but the lookup is optional. Gemma
    has a `scale` (√d_model); BERT has a `token_type` [d_model], row 0 of its table, and a `layer_norm` (Devlin et al.
    2018, section 3). Tables may be float16: rows are gathered first and converted afterwards. `token_type` and the
    vectors of `layer_norm` are kept as float32.

    `table` [n_vocab, d_model]; `context_length` ≥ 1 is the longest sequence; `head_dim` is the width of one head, where
    it is not d_model / n_heads. Raises ShapeError if widths differ, or the layer norm has no weight or no bias.
    """

    def __init__(
        self,
        table: Tensor,
        position: PositionScheme,
        *,
        context_length: int,
        scale: float | None = None,
        token_type: Tensor | None = None,
        layer_norm: nn.LayerNorm | None = None,
        head_dim: int | None = None,
    ) -> None:
        super().__init__()
        _check(table, position, context_length, token_type, layer_norm)
        _check_heads(position, table.shape[1], head_dim)
        self.table = nn.Parameter(table)
        self.position = position
        self.context_length = context_length
        self.scale = scale
        self.head_dim = None if head_dim is None else int(head_dim)
        self.token_type = None if token_type is None else nn.Parameter(token_type.to(torch.float32))
        self.layer_norm = None if layer_norm is None else deepcopy(layer_norm).to(torch.float32)

    def forward(self, token_ids: Tensor) -> dict[str, Tensor]:
        """Return every output of the contract by name, for `token_ids` int64 [batch, sequence]."""
        token_embeddings = nn.functional.embedding(token_ids, self.table).to(torch.float32)
        positions = torch.arange(token_ids.shape[1], device=token_ids.device)
        position_outputs = self.position.outputs(positions)

        total = token_embeddings if self.scale is None else token_embeddings * self.scale
        added = self.position.added(position_outputs)
        if added is not None:
            total = total + added
        if self.token_type is not None:
            total = total + self.token_type.to(torch.float32)
        if self.layer_norm is not None:
            total = self.layer_norm(total)
        if total is token_embeddings:
            total = total.clone()  # two outputs of a graph may not be the same value
        return {
            contract.TOKEN_EMBEDDINGS: token_embeddings,
            **position_outputs,
            contract.INPUT_EMBEDDINGS: total,
        }


def _check(
    table: Tensor,
    position: PositionScheme,
    context_length: int,
    token_type: Tensor | None,
    layer_norm: nn.LayerNorm | None,
) -> None:
    if table.ndim != 2 or 0 in table.shape:
        msg = f"the token table has shape {list(table.shape)}, but must be [n_vocab, d_model], each at least 1"
        raise ShapeError(msg)
    check_size(1, context_length=context_length)
    d_model = table.shape[1]
    widths = {contract.TOKEN_TYPE: token_type.shape[-1] if token_type is not None else d_model}
    if layer_norm is not None:
        if layer_norm.weight is None or layer_norm.bias is None:
            msg = "the layer norm has no weight or no bias: give nn.LayerNorm(d_model) with both"
            raise ShapeError(msg)
        widths["layer_norm"] = math.prod(layer_norm.normalized_shape)
    added = position.outputs(torch.arange(1)).get(contract.POSITION_EMBEDDINGS)
    widths |= {} if added is None else {contract.POSITION_EMBEDDINGS: added.shape[-1]}
    for name, width in widths.items():
        if width != d_model:
            msg = f"{name} is {width} wide, but the token table is {d_model} wide: they must be equal"
            raise ShapeError(msg)
    if position.n_positions is not None and position.n_positions < context_length:
        msg = (
            f"there are {position.n_positions} positions, but context_length is {context_length}: give at least as many"
        )
        raise ShapeError(msg)


def _check_heads(position: PositionScheme, d_model: int, head_dim: int | None) -> None:
    """Raise ShapeError unless what the scheme gives for one head is as wide as a head."""
    if head_dim is not None:
        check_size(1, head_dim=head_dim)
    for name, value in position.outputs(torch.arange(1)).items():
        if name not in (contract.RELATIVE_EMBEDDINGS, contract.ROTARY_COS):
            continue
        width, n_heads = value.shape[-1], position.hyperparameters()["n_heads"]
        if head_dim is not None and width != head_dim:
            msg = f"{name} is {width} wide, but head_dim is {head_dim}: they must be equal"
            raise ShapeError(msg)
        if head_dim is None and width * n_heads != d_model:
            msg = (
                f"{name} of all heads together is {width * n_heads} wide, but the token table is {d_model} wide: they "
                "must be equal, unless the model's own head_dim is given"
            )
            raise ShapeError(msg)
