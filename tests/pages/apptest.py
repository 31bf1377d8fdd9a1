"""The one way in which tests run a page, and what they read of it: Streamlit's own runner, without a browser."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.seen import seen

# Each run of Streamlit's runner reads what every installed package says of itself, which takes longer than most pages.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
ROOT = Path(__file__).parents[2]
TEXT = "A list is like a tuple, but a tuple cannot change."
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py") if path.name != "frame.py")


def visit(page: str = "overview.py", *, model: str = "pydoc-gpt", **state: Any) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params.update({"model": model})
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    if page != "overview.py":
        at.switch_page(page).run()
    return at


def by_link(page: str = "overview.py", **params: str | list[str]) -> AppTest:
    """Open a page by a link, in a session that knows nothing yet."""
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=120)
    if page != "overview.py":
        at.switch_page(page)
    at.query_params.update(params)
    return at.run()


def words(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.info, *at.title, *at.header]
    errors = [seen(error.value) for error in at.error]
    return "\n".join([*(part.value for part in parts), *errors])


def charts(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def typed(value: dict[str, str]) -> np.ndarray:
    """Return the numbers of a plotly typed array."""
    array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
    return array.reshape([int(size) for size in value["shape"].split(",")]) if "shape" in value else array
