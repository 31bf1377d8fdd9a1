"""The module of every positional scheme and every generic graph, found in the files of this folder."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from embedcore.errors import ShapeError
from embedcore.files.modules import listed_in, modules_in
from embedcore.nn.graph import Graph
from embedcore.nn.scheme import PositionScheme
from embedcore.schemes.registry import SCHEMES as DECLARED


def schemes_of(modules: Sequence[ModuleType]) -> dict[str, type[PositionScheme]]:
    """Return the schemes that `modules` define, by their names and in the order of their declarations.

    A class without a `name` of its own is a base that schemes share. Raises ShapeError where two classes have the same
    name, or the names differ from the declared ones.
    """
    schemes: dict[str, type[PositionScheme]] = {}
    for module in modules:
        for own in vars(module).values():
            if isinstance(own, type) and issubclass(own, PositionScheme) and own.__module__ == module.__name__:
                name = vars(own).get("name")
                if name in schemes:
                    msg = f"2 classes have the name {name!r}, {schemes[name].__name__} and {own.__name__}: rename one"
                    raise ShapeError(msg)
                if name is not None:
                    schemes[name] = own
    for here, there, missing in (
        ("embedcore/nn", "embedcore/schemes", schemes.keys() - DECLARED.keys()),
        ("embedcore/schemes", "embedcore/nn", DECLARED.keys() - schemes.keys()),
    ):
        if missing:
            msg = f"{here} has {', '.join(sorted(missing))}, and {there} has no scheme of that name: write its file too"
            raise ShapeError(msg)
    return {name: schemes[name] for name in DECLARED}


def graphs_of(modules: Sequence[ModuleType]) -> dict[str, Graph]:
    """Return the generic graphs that `modules` list as `GRAPHS`, by the names of their files.

    Raises ShapeError where two graphs have the same name.
    """
    return listed_in(
        modules,
        "GRAPHS",
        lambda name, second: ShapeError(f"2 graphs have the name {name!r}, the second in {second}: rename one"),
    )


_MODULES: Final = modules_in(Path(__file__).parent, __package__, but=("registry",))
SCHEMES: Final[Mapping[str, type[PositionScheme]]] = schemes_of(_MODULES)
# The graphs of the schemes come first, in the order of the schemes.
_OF_SCHEMES: Final = [sys.modules[scheme.__module__] for scheme in SCHEMES.values()]
GRAPHS: Final[Mapping[str, Graph]] = graphs_of(list(dict.fromkeys([*_OF_SCHEMES, *_MODULES])))
