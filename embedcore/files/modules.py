"""The modules of a folder: what each file of it declares is found, and no list of them has to be kept."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


def modules_in(folder: Path, package: str, *, but: Collection[str] = ()) -> list[ModuleType]:
    """Import the modules of `package`, which lies in `folder`, and return them by the order of their names.

    `but` names those that are left out: a module that reads the others cannot be one of them.
    """
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if module.name not in but)
    return [importlib.import_module(f"{package}.{name}") for name in names]


def listed_in(
    modules: Sequence[ModuleType], attribute: str, refuse_twin: Callable[[str, str], Exception]
) -> dict[str, Any]:
    """Return all that `modules` list by name in the mapping `attribute`; a module without it lists nothing.

    Where two list the same name, the error that `refuse_twin` makes of the name and the second module is raised.
    """
    listed: dict[str, Any] = {}
    for module in modules:
        own: Mapping[str, Any] = getattr(module, attribute, {})
        for name in listed.keys() & own.keys():
            raise refuse_twin(name, module.__name__)
        listed |= own
    return listed
