"""A case's folder: a checkpoint as `save_pretrained` leaves it, and beside it what block 1 of its model gets."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tests.families.capture import Captured, capture
from tests.families.rows import Row, row_of
from tests.families.shrink import N_VOCAB
from tests.families.tiny import tiny_model

EXPECTED: Final = "expected.npz"


def make(name: str, folder: Path) -> tuple[Any, Captured]:
    """Write the checkpoint and the expected arrays of a case into a folder; return the model and what was captured."""
    row = row_of(name)
    model = tiny_model(name, row)
    token_ids = ids_of(model.config)
    captured = capture(model, token_ids, row)
    if folder.exists():
        shutil.rmtree(folder)
    model.save_pretrained(folder)
    np.savez(folder / EXPECTED, **arrays(token_ids, captured))  # type: ignore[arg-type]
    return model, captured


def ids_of(config: Any) -> Tensor:
    """Return token ids [2, 7] in whose second row stand padding ids, where the configuration names one."""
    pad = getattr(config, "pad_token_id", None)
    pad = pad if isinstance(pad, int) and 0 <= pad < N_VOCAB else 1
    return torch.tensor([[5, 9, 33, 10, 47, 7, 11], [8, 40, pad, 41, 46, pad, pad]])


def arrays(token_ids: Tensor, captured: Captured) -> dict[str, np.ndarray]:
    """Return the arrays of a case by name; those that it has not are left out."""
    tensors = {
        "token_ids": token_ids,
        "input_embeddings": captured.input_embeddings,
        "token_embeddings": captured.token_embeddings,
        "queries": captured.queries,
        "keys": captured.keys,
        "streams": captured.streams,
    }
    return {name: np.ascontiguousarray(each.detach().numpy()) for name, each in tensors.items() if each is not None}


def leave_only_what_is_needed(model: Any, folder: Path, captured: Captured, row: Row) -> set[str]:
    """Set to zero, in a case's file, every tensor that its expected arrays do not need; return the names of the rest.

    Needed are the weights on which the arrays depend: their tensors are those that change in the file with these
    weights. The model is worth nothing afterwards.
    """
    file = folder / "model.safetensors"
    before = load_file(file)
    needed_weights = _on_which_they_depend(model, captured, row)
    with torch.no_grad():
        for parameter in needed_weights:
            parameter.zero_()
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.zero_()
    with tempfile.TemporaryDirectory() as other:
        model.save_pretrained(other)
        after = load_file(Path(other) / file.name)
    needed = {each for each, tensor in before.items() if not torch.equal(tensor, after[each])}
    for each in before.keys() - needed:
        before[each] = torch.zeros_like(before[each])
    save_file(before, file, {"format": "pt"})
    return needed


def _on_which_they_depend(model: nn.Module, captured: Captured, row: Row) -> list[Tensor]:
    """Return the parameters through which a gradient flows, or, where a model forbids gradients, those that matter."""
    wanted = [each for each in (captured.input_embeddings, captured.queries, captured.keys) if each is not None]
    if all(each.requires_grad for each in wanted):
        parts = [(each * torch.linspace(0.5, 1.5, each.numel()).reshape(each.shape)).sum() for each in wanted]
        torch.autograd.backward(parts)
        # No gradient flows through what is frozen, tables of waves say: those may matter.
        moved = [each for each in model.parameters() if each.grad is not None and bool(each.grad.any())]
        return [*moved, *(each for each in model.parameters() if not each.requires_grad)]
    token_ids = ids_of(model.config)
    needed: list[Tensor] = []
    for parameter in model.parameters():
        value = parameter.detach().clone()
        with torch.no_grad():
            parameter.zero_()
            other = capture(model, token_ids, row)
            parameter.copy_(value)
        now = [each for each in (other.input_embeddings, other.queries, other.keys) if each is not None]
        if not all(torch.equal(one, two) for one, two in zip(wanted, now, strict=True)):
            needed.append(parameter)
    return needed
