"""Checkpoint: a source as a family reads it, config values with the family's own defaults, and tensors by name."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError
from export.families.unnamed import UnnamedTable
from export.sources.source import Source, TensorInfo

# What a config.json leaves out, by model type: the defaults of transformers 5.24, and its other names of keys. Made by
# `python -m tests.families.defaults`.
_DEFAULTS: Final = Path(__file__).with_name("defaults.json")
# What may stand before a tensor's name: the same layers are saved from a bare model, from one with a head, and from a
# model that has others beside it. The longest match wins by standing first where it is needed.
PREFIXES: Final = (
    "",
    "model.",
    "transformer.",
    "language_model.",
    "model.language_model.",
    "language_model.model.",
    "model.text_model.",
    "text_model.",
    "thinker.model.",
    "model.decoder.",
    "decoder.",
    "encoder.",
    "model.encoder.",
    "backbone.",
    "rwkv.",
)


class Checkpoint:
    """The config and the tensors of a source, for one model type.

    `prefixes` are tried before a tensor's name, in order. What is read is noted: `used` lists the tensors' names.
    """

    def __init__(
        self, source: Source, model_type: str, config: Mapping[str, Any], prefixes: Sequence[str] = ()
    ) -> None:
        self.source = source
        self.model_type = model_type
        self.config = config
        self.prefixes = (*prefixes, *PREFIXES)
        self.used: list[str] = []
        self._defaults = defaults().get(model_type, {})
        self._aliases: Mapping[str, str] = self._defaults.get("aliases", {})

    def get(self, *keys: str, default: Any = None) -> Any:
        """Return the value of the first of `keys` that config.json has, else of the first that has a default.

        A key may also have another name in this family (GPT-2 says n_embd for hidden_size), and "a.b" is the key b of
        the object a.
        """
        names = [name for key in keys for name in (key, self._aliases.get(key, key))]
        own = self._defaults.get("config", {})
        for where in (self.config, own):
            for name in names:
                value = _inside(where, name)
                if value is not None:
                    return value
        return default

    def need(self, *keys: str) -> Any:
        """Return what `get` does. Raises ModelFileError where neither config.json nor the family says it."""
        value = self.get(*keys)
        if value is None:
            msg = f"config.json has no {' or '.join(keys)}, which a {self.model_type} model needs"
            raise ModelFileError(f"{msg}: add it, or fetch the file again")
        return value

    def size(self, *keys: str) -> int:
        """Return a whole number of 1 or more. Raises ModelFileError where it is none."""
        value = self.need(*keys)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            msg = f"config.json says {keys[0]} {str(value)[:60]!r}, which is no whole number of 1 or more"
            raise ModelFileError(f"{msg}: fetch the file again")
        return value

    def number(self, *keys: str) -> float:
        """Return a finite number. Raises ModelFileError where it is none."""
        value = self.need(*keys)
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            msg = f"config.json says {keys[0]} {str(value)[:60]!r}, which is no finite number: fetch the file again"
            raise ModelFileError(msg)
        return float(value)

    def find(self, *names: str) -> TensorInfo | None:
        """Return the first tensor of these names, with any of the prefixes before it; None where there is none."""
        for name in names:
            for prefix in self.prefixes:
                if prefix + name in self.source.tensors:
                    return self.source.tensors[prefix + name]
        return None

    def has(self, *names: str) -> bool:
        """Return whether there is a tensor of one of these names."""
        return self.find(*names) is not None

    def info(self, *names: str) -> TensorInfo:
        """Return what `find` does. Raises UnnamedTable, with the candidates, where there is none."""
        info = self.find(*names)
        if info is None:
            candidates = [name for name, one in self.source.tensors.items() if len(one.shape) == 2][:8]
            fault = (
                f"the checkpoint has no tensor {' or '.join(names)}, which a {self.model_type} model has; it has "
                f"{', '.join(candidates) or 'no matrices'} among its {len(self.source.tensors):,}"
            )
            raise UnnamedTable(fault, "name the table with --token-table", candidates)
        self.used.append(info.name)
        return info

    def read(self, *names: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor, float32 or float16. Raises ModelFileError where there is none of these names."""
        return self.source.read(self.info(*names).name, rows)


def _inside(where: Mapping[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = where.get(outer)
    return value.get(inner) if inner and isinstance(value, Mapping) else None if inner else value


@cache
def defaults() -> Mapping[str, Any]:
    """Return model type → {"config": …, "aliases": …}."""
    loaded: Mapping[str, Any] = json.loads(_DEFAULTS.read_text())
    return loaded
