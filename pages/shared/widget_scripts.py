"""Streamlit's own scripts of the widgets that pages draw, which a browser else asks for when the first one is drawn.

Until such a script is there a gray box of another height stands in the widget's place, and what follows moves.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from streamlit import file_util

# The largest, of charts, tables and code, come later: they would take the line from all others.
WIDGETS: Final = (
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "Checkbox",
    "NumberInput",
    "Selectbox",
    "Slider",
    "TextArea",
    "TextInput",
)
_IMPORT: Final = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")


@cache
def widget_scripts() -> tuple[str, ...]:
    """Return the addresses of these scripts and of all that they import, relative to the app's own address."""
    folder = Path(file_util.get_static_dir(), "static", "js")
    waiting = [path.name for widget in WIDGETS for path in folder.glob(f"{widget}.*.js")]
    needed: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = None
            waiting += _IMPORT.findall((folder / name).read_text(encoding="utf-8"))
    loaded = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    return tuple(f"./static/js/{name}" for name in sorted(needed) if name not in loaded)
