"""Tiny models of transformers written as GGUF: by gguf's own table of names, and by the changes of llama.cpp's converter."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from tests.gguf_files import write_gguf

Change = Callable[[str, np.ndarray], np.ndarray]
STEMS = (".weight", ".bias")


def small(config_type: Any, model_type: Any, **sizes: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a config and the weights of a random model of it, none of which is 0 or 1 throughout."""
    torch.manual_seed(5)
    config = config_type(**sizes)
    model = model_type(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.3 + (1.0 if parameter.ndim == 1 else 0.0))
    return config, {name: values.detach().numpy().copy() for name, values in model.state_dict().items()}


def converted(
    path: Path,
    architecture: str,
    weights: Mapping[str, np.ndarray],
    keys: Mapping[str, Any],
    change: Change = lambda _, values: values,
) -> Path:
    """Write the weights of a model as its converter does: names by gguf's table, values as `change` gives them."""
    kind = next(kind for kind, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(kind, 2)
    tensors = {}
    for name, values in weights.items():
        bare = name.removeprefix("transformer.")  # Bloom's converter takes the prefix off
        translated = names.get_name(name, try_suffixes=STEMS) or names.get_name(bare, try_suffixes=STEMS)
        if translated is not None and translated not in tensors:
            tensors[translated] = np.ascontiguousarray(change(name, values))
    return write_gguf(path, architecture, tensors, keys={f"{architecture}.{key}": value for key, value in keys.items()})


def permuted(values: np.ndarray, n_heads: int) -> np.ndarray:
    """Return rows as llama.cpp stores those of llama's queries and keys: the numbers of a pair side by side."""
    rows = [
        values[head * (width := len(values) // n_heads) + half * (width // 2) + pair]
        for head in range(n_heads)
        for pair in range(len(values) // n_heads // 2)
        for half in range(2)
    ]
    return np.stack(rows)


def thirds(values: np.ndarray, n_groups: int, each: int) -> np.ndarray:
    """Return a fused projection of groups, or of heads, as all queries, all keys, all values."""
    width = len(values) // (n_groups * (each + 2))
    cut = [values[start : start + width] for start in range(0, len(values), width)]
    groups = [cut[start : start + each + 2] for start in range(0, len(cut), each + 2)]
    queries = [row for group in groups for row in group[:each]]
    return np.concatenate([*queries, *(group[each] for group in groups), *(group[each + 1] for group in groups)])
