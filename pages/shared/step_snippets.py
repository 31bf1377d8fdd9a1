"""The lines of PyTorch that do what the steps of a model's file do, one after the other, to `input_embeddings`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from embedcore.layer.steps import SCALES, Step
from embedcore.model.model import Model

Lines = list[str]
_END: Final = "input_embeddings"
_TORCH: Final = "torch.nn.functional"


def step_lines(model: Model, steps: Sequence[Step]) -> Lines:
    """Return the lines that make `input_embeddings` of `token_embeddings`; `position_embeddings` are there."""
    lines, width, name = [], int(model.metadata.stored_width), "token_embeddings"
    for step in steps:
        lines.append(f"{_END} = {_WRITTEN[step.kind](model, step, name, width)}   # {step.words}")
        width, name = step.width_after(width), _END
    return lines


def table_line(model: Model) -> Lines:
    """Return the lines that make the token table of the file's weights: as it is stored, or of its blocks."""
    return [f"token_embedding = torch.nn.Embedding.from_pretrained({weight(model, 'table')})"]


def weight(model: Model, name: str) -> str:
    """Return the expression that reads a weight in float32; of one in blocks, its numbers times their scales."""
    values = f'weights["{name}"].float()'
    is_blocks = model.metadata.weights_dtype == "int8" if name == "table" else name + SCALES in model.step_weights
    return f'({values} * weights["{name}{SCALES}"].float()[..., None]).flatten(1)' if is_blocks else values


def _norm(model: Model, step: Step, name: str, width: int) -> str:
    heads = int(step.numbers.get("heads", 1))
    parts = [weight(model, step.weights[part]) for part in ("weight", "bias") if part in step.weights]
    if heads == 1:
        given = ", ".join([name, f"({width},)", *(parts or ["None"])])
        return f"{_TORCH}.{step.kind}({given}, eps={step.numbers['epsilon']!r})"
    cut = f"{name}.unflatten(-1, ({heads}, -1))"
    normed = f"{_TORCH}.{step.kind}({cut}, ({width // heads},), eps={step.numbers['epsilon']!r})"
    for part, sign in zip(parts, "*+", strict=False):
        normed = f"({normed} {sign} {part}.reshape(-1, {width // heads}))"
    return f"{normed}.flatten(-2)"


def _positions(model: Model, step: Step, name: str, width: int) -> str:
    del width
    if "padding_id" not in step.numbers:
        return f"{name} + position_embeddings"
    is_text = f"(token_ids != {step.numbers['padding_id']})"
    places = f"({is_text}.cumsum(1) - 1).clamp(min=0)"
    padding = weight(model, step.weights["padding"])
    return f"{name} + torch.where({is_text}[..., None], position_embeddings[{places}], {padding})"


def _projection(model: Model, step: Step, name: str, width: int) -> str:
    del width
    given = [weight(model, step.weights[part]) for part in ("weight", "bias") if part in step.weights]
    return f"{_TORCH}.linear({', '.join([name, *given])})"


def _neighbors(model: Model, step: Step, name: str, width: int) -> str:
    del model, step, width
    shifted = [f"{_TORCH}.pad({name}, (0, 0, {room}))[:, {rows}]" for room, rows in (("0, 1", "1:"), ("1, 0", ":-1"))]
    return f"torch.cat(({shifted[0]}, {name}, {shifted[1]}), -1)"


def _mask_share(model: Model, step: Step, name: str, width: int) -> str:
    del model, width
    share = f"(token_ids == {step.numbers['token_id']}).float().mean(1)"
    return f"{name} * ({step.numbers['kept']!r} / (1 - {share}))[:, None, None]"


_Writer = Callable[[Model, Step, str, int], str]
_WRITTEN: Final[Mapping[str, _Writer]] = {
    "scale": lambda _, step, name, __: f"{name} * {step.numbers['factor']!r}",
    "multiply": lambda model, step, name, _: f"{name} * {weight(model, step.weights['weight'])}",
    "add": lambda model, step, name, _: f"{name} + {weight(model, step.weights['row'])}",
    "positions": _positions,
    "layer_norm": _norm,
    "rms_norm": _norm,
    "projection": _projection,
    "clip": lambda _, step, name, __: f"{name}.clamp(-{step.numbers['limit']!r}, {step.numbers['limit']!r})",
    "replace": lambda model, step, name, _: (
        f"torch.where((token_ids == {step.numbers['token_id']})[..., None], {weight(model, step.weights['row'])}, {name})"
    ),
    "neighbors": _neighbors,
    "mask_share": _mask_share,
}
