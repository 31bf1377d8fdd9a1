"""The modules of a folder: what each file of it declares is found, and no list of them has to be kept."""

import importlib
import pkgutil
from collections.abc import Collection
from pathlib import Path
from types import ModuleType


def modules_in(folder: Path, package: str, *, but: Collection[str] = ()) -> list[ModuleType]:
    """Import the modules of `package`, which lies in `folder`, and return them by the order of their names.

    `but` names those that are left out: a module that reads the others cannot be one of them.
    """
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if module.name not in but)
    return [importlib.import_module(f"{package}.{name}") for name in names]
