"""An input layer of steps, as files of version 2 list them, up to the queries and keys of block 1."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.layer.steps import SCALES, Step
from embedcore.nn.scheme import PositionScheme

Weights = Mapping[str, Tensor]


class StepLayer(nn.Module):
    """Turns token ids into every output of the contract, by the steps that a file of version 2 lists.

    `weights` are those of the file by name: the table, float or in blocks with their scales, and what the steps name.
    `n_heads` and `n_kv_heads` cut the queries and the keys.
    """

    def __init__(
        self,
        weights: Weights,
        position: PositionScheme,
        *,
        steps: Sequence[Step],
        query_steps: Sequence[Step] = (),
        key_steps: Sequence[Step] = (),
        n_heads: int = 1,
        n_kv_heads: int = 1,
    ) -> None:
        super().__init__()
        self.weights = dict(weights)
        self.position = position
        self.steps = tuple(steps)
        self.of_block = {contract.QUERIES: (tuple(query_steps), n_heads), contract.KEYS: (tuple(key_steps), n_kv_heads)}

    def forward(self, token_ids: Tensor) -> dict[str, Tensor]:
        """Return every output of the contract by name, for `token_ids` int64 [batch, sequence]."""
        rows = self._rows(token_ids)
        given = self.position.outputs(torch.arange(token_ids.shape[1]))
        added = given.get(contract.POSITION_EMBEDDINGS)
        total = self._walked(self.steps, rows, token_ids, added)
        outputs = {contract.TOKEN_EMBEDDINGS: rows, **given, contract.INPUT_EMBEDDINGS: total}
        for name, (steps, n_heads) in self.of_block.items():
            if steps:
                flat = self._walked(steps, total, token_ids, None)
                outputs[name] = flat.reshape(*flat.shape[:2], n_heads, -1).transpose(1, 2)
        return outputs

    def _rows(self, token_ids: Tensor) -> Tensor:
        rows = self.weights[contract.TABLE][token_ids].to(torch.float32)
        scales = self.weights.get(contract.TABLE + SCALES)
        return rows if scales is None else (rows * scales[token_ids].to(torch.float32)[..., None]).flatten(-2)

    def _walked(self, steps: Sequence[Step], values: Tensor, token_ids: Tensor, positions: Tensor | None) -> Tensor:
        for step in steps:
            parts = {part: self._weight(name) for part, name in step.weights.items()}
            values = _MODULES[step.kind](step, values, parts, token_ids, positions)
        return values

    def _weight(self, name: str) -> Tensor:
        values, scales = self.weights[name].to(torch.float32), self.weights.get(name + SCALES)
        return values if scales is None else (values * scales.to(torch.float32)[..., None]).flatten(-2)


_Apply = Callable[[Step, Tensor, Weights, Tensor, "Tensor | None"], Tensor]


def _add_positions(step: Step, values: Tensor, parts: Weights, token_ids: Tensor, positions: Tensor | None) -> Tensor:
    assert positions is not None
    if "padding_id" not in step.numbers:
        return values + positions
    is_text = token_ids != step.numbers["padding_id"]
    own = positions[torch.clamp(is_text.long().cumsum(1) - 1, min=0)]
    return values + torch.where(is_text[..., None], own, parts["padding"])


def _norm(step: Step, values: Tensor, parts: Weights, _: Tensor, __: Tensor | None) -> Tensor:
    first = step.numbers.get("first", values.shape[-1])
    if first < values.shape[-1]:
        normed = _norm(step, values[..., :first], parts, _, __)
        return torch.cat((normed, values[..., first:]), dim=-1)
    heads = step.numbers.get("heads", 1)
    cut = values.reshape(*values.shape[:2], heads, -1)
    norm = nn.functional.layer_norm if step.kind == "layer_norm" else nn.functional.rms_norm
    normed = norm(cut, cut.shape[-1:], eps=step.numbers["epsilon"])
    if "weight" in parts:
        normed = normed * parts["weight"].reshape(-1, cut.shape[-1])
    if "bias" in parts:
        normed = normed + parts["bias"].reshape(-1, cut.shape[-1])
    return normed.flatten(-2)


def _join_neighbors(_: Step, values: Tensor, __: Weights, ___: Tensor, ____: Tensor | None) -> Tensor:
    after = nn.functional.pad(values[:, 1:], (0, 0, 0, 1))
    before = nn.functional.pad(values[:, :-1], (0, 0, 1, 0))
    return torch.cat((after, values, before), dim=2)


def _end_text(step: Step, values: Tensor, _: Weights, token_ids: Tensor, __: Tensor | None) -> Tensor:
    n_text = (token_ids != step.numbers["padding_id"]).sum(dim=1)
    is_past = torch.arange(token_ids.shape[1])[None] >= n_text[:, None]
    return values.masked_fill(is_past[..., None], 0.0)


def _make_up(step: Step, values: Tensor, _: Weights, token_ids: Tensor, __: Tensor | None) -> Tensor:
    share = (token_ids == step.numbers["token_id"]).float().mean(dim=1)
    return values * (step.numbers["kept"] / (1 - share))[:, None, None]


_MODULES: Final[Mapping[str, _Apply]] = {
    "scale": lambda step, values, _, __, ___: values * step.numbers["factor"],
    "multiply": lambda _, values, parts, __, ___: values * parts["weight"],
    "add": lambda _, values, parts, __, ___: values + parts["row"],
    "positions": _add_positions,
    "layer_norm": _norm,
    "rms_norm": _norm,
    "projection": lambda _, values, parts, __, ___: nn.functional.linear(values, parts["weight"], parts.get("bias")),
    "clip": lambda step, values, _, __, ___: values.clamp(-step.numbers["limit"], step.numbers["limit"]),
    "replace": lambda step, values, parts, token_ids, _: torch.where(
        (token_ids == step.numbers["token_id"])[..., None], parts["row"], values
    ),
    "neighbors": _join_neighbors,
    "past_text": _end_text,
    "mask_share": _make_up,
}
