"""Rule: how block 1 of a model makes weights of its scores, as a file of the contract's version 2 says it."""

import math
from dataclasses import dataclass
from typing import Any, Final

from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError

_NAMES: Final = ("is_causal", "scale", "softcap", "window")


@dataclass(frozen=True, slots=True)
class Rule:
    """How scores become weights: softmax over the keys that a query may see.

    `is_causal`: a query sees no key that stands after it. `scale` multiplies query · key, None for 1 / √head_dim.
    `softcap` c bounds a score s to c · tanh(s / c) before the softmax. `window`: a query sees the last so many keys,
    itself among them. A scheme that scales in its own way (T5 not at all) does so where `scale` is None.
    """

    is_causal: bool
    scale: float | None = None
    softcap: float | None = None
    window: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a file says it, without what it leaves to the scheme."""
        said = {name: getattr(self, name) for name in _NAMES}
        return {name: value for name, value in said.items() if value is not None}


def rule_of(metadata: ModelMetadata) -> Rule | None:
    """Return the rule that the file says; None where it says none.

    Raises ModelFileError where a name is unknown, a value has another type or is out of range, or is_causal is missing.
    """
    said = metadata.attention
    if not said:
        return None
    odd = [str(name)[:60] for name in said if name not in _NAMES]
    if odd or "is_causal" not in said:
        fault = f"has {len(odd)} unknown names, {', '.join(odd)}" if odd else "lacks is_causal"
        msg = f"the metadata 'attention' {fault}, and knows {', '.join(_NAMES)}: export the file again"
        raise ModelFileError(msg)
    for name, value in said.items():
        if not _is_fitting(name, value):
            what = {"is_causal": "true or false", "window": "a whole number above 0"}.get(name, "a number above 0")
            msg = f"the metadata 'attention' says {name} {str(value)[:60]}, which is not {what}: export the file again"
            raise ModelFileError(msg)
    return Rule(**said)


def _is_fitting(name: str, value: Any) -> bool:
    if name == "is_causal":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int if name == "window" else int | float):
        return False
    return math.isfinite(value) and value > 0
