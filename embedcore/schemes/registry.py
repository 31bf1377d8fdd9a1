"""Every positional scheme by its name: each file of this folder that declares some is found, and named nowhere else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from embedcore.errors import ShapeError
from embedcore.files.modules import modules_in
from embedcore.schemes.declaration import Declaration

_READERS: Final = ("registry", "outputs", "parameters", "table")  # these read what the other files declare


def declared_in(folder: Path, package: str) -> dict[str, Declaration]:
    """Return the schemes that the modules of `package`, in `folder`, list as `DECLARED`, by name, in their order.

    Raises ShapeError where two have one name.
    """
    schemes: list[Declaration] = []
    for module in modules_in(folder, package, but=_READERS):
        schemes += getattr(module, "DECLARED", ())
    schemes.sort(key=lambda scheme: (scheme.place, scheme.name))
    names = [scheme.name for scheme in schemes]
    if len(set(names)) < len(names):
        msg = f"{len(names)} schemes have {len(set(names))} names, {', '.join(names)}: give each a name of its own"
        raise ShapeError(msg)
    return {scheme.name: scheme for scheme in schemes}


SCHEMES: Final[Mapping[str, Declaration]] = declared_in(Path(__file__).parent, __package__)


def titles_of(kind: type) -> tuple[str, ...]:
    """Return the titles of the schemes whose class is of a kind, `absolute.Absolute` say, in their order."""
    return tuple(declared.title for declared in SCHEMES.values() if issubclass(declared.scheme, kind))
