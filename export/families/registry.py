"""Every family by the model types that it is for, found in the files of `rows`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from embedcore.errors import EmbedcoreError
from embedcore.files.modules import modules_in
from export.families.family import Family


@cache
def families() -> Mapping[str, Family]:
    """Return model type → family. Raises EmbedcoreError where two rows have one type."""
    known: dict[str, Family] = {}
    for module in modules_in(Path(__file__).parent / "rows", f"{__package__}.rows"):
        for family in getattr(module, "FAMILIES", ()):
            for model_type in family.types:
                if model_type in known:
                    msg = f"2 rows are for the model type {model_type!r}, the second in {module.__name__}: keep one"
                    raise EmbedcoreError(msg)
                known[model_type] = family
    return known


@cache
def absent() -> Mapping[str, str]:
    """Return model type → why it has no family, in words that follow a colon."""
    reasons: dict[str, str] = {}
    for module in modules_in(Path(__file__).parent / "rows", f"{__package__}.rows"):
        reasons |= getattr(module, "ABSENT", {})
    return reasons
