"""The presentation of every positional scheme by its name, each found in the file of `schemes` that lists it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from embedcore.errors import ShapeError
from embedcore.files.modules import modules_in
from embedcore.schemes.registry import SCHEMES
from pages.views.positions.presentation import Presentation

_PACKAGE: Final = "pages.views.positions.schemes"


def presented_in(folder: Path, package: str, names: Collection[str]) -> dict[str, Presentation]:
    """Return what the modules of `package`, in `folder`, list as `PRESENTED`, in the order of the schemes' `names`.

    Raises ShapeError unless each scheme is presented once.
    """
    presented: list[Presentation] = []
    for module in modules_in(folder, package):
        presented += getattr(module, "PRESENTED", ())
    by_name = {presentation.name: presentation for presentation in presented}
    if len(presented) != len(names) or set(by_name) != set(names):
        msg = (
            f"the {len(names)} schemes {', '.join(names)} have {len(presented)} presentations, of "
            f"{', '.join(presentation.name for presentation in presented)}: present each once, in a file of {folder.name}"
        )
        raise ShapeError(msg)
    return {name: by_name[name] for name in names}


PRESENTATIONS: Final[Mapping[str, Presentation]] = presented_in(Path(__file__).parent / "schemes", _PACKAGE, SCHEMES)
