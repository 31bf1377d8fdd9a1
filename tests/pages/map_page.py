"""How tests open the Map page and read its maps: decoded points and colors, and principal components by another way."""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.pages.apptest import TEXT, by_link, charts, typed, visit, words

LIST = 1351
TOY_TEXT = "fox jumps over dog"


def visit_map(model: str = "pydoc-gpt", **state: Any) -> AppTest:
    return visit("map.py", model=model, **({"text": TOY_TEXT if model == "toy" else TEXT} | state))


def linked(**params: str | list[str]) -> AppTest:
    """Open the page by a link, in a session that knows nothing yet."""
    at = by_link("map.py", model="pydoc-gpt", **params)
    assert not at.exception
    return at


def trace(at: AppTest, name: str = "vocabulary", chart: int = 0) -> dict[str, Any]:
    """Return the trace `name` of a chart; a chart without it fails."""
    return next(each for each in charts(at)[chart]["data"] if each.get("name") == name)


def steps(shown_map: dict[str, Any]) -> np.ndarray:
    return np.stack([np.asarray(typed(shown_map[axis]), float) for axis in "xyz" if axis in shown_map], axis=1)


def decoded(
    at: AppTest, coordinates: np.ndarray, name: str = "vocabulary", chart: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return where points lie, if `coordinates` are the whole map's, and the width of a step."""
    wide = coordinates.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    return (steps(trace(at, name, chart)) + 32_767) * unit + wide.min(axis=0), unit


def check(at: AppTest, coordinates: np.ndarray, chart: int = 0) -> None:
    """Assert that the points of a chart lie at `coordinates`, to half a step."""
    points, unit = decoded(at, coordinates, chart=chart)
    assert points.shape == coordinates.shape
    largest = np.abs(coordinates).max()  # the page computes in float32
    np.testing.assert_allclose(points, coordinates, rtol=0, atol=0.51 * unit + 3e-6 * largest)


def by_components(table: np.ndarray, components: Iterable[int]) -> np.ndarray:
    """Return a table's principal components in float64, by another way: its singular vectors."""
    centered = table.astype(np.float64) - table.mean(axis=0, dtype=np.float64)
    _, _, rows = np.linalg.svd(centered, full_matrices=False)
    rows = rows[list(components)]
    rows *= np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]
    return centered @ rows.T


def along(table: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the dot products of a table's rows with the unit vectors of `directions`, float64."""
    units = directions / np.sqrt((directions**2).sum(axis=1, keepdims=True))
    return table.astype(np.float64) @ units.T


def codes(at: AppTest) -> np.ndarray:
    """Return the bytes that color the points, as whole numbers."""
    sent = typed(trace(at)["marker"]["color"])
    assert sent.dtype == np.uint8
    return sent.astype(int)


def wait(at: AppTest, sentence: str) -> None:
    """Run the page until it says `sentence`: as its own timer does in a browser."""
    end = time.monotonic() + 60
    while sentence not in words(at):
        assert time.monotonic() < end, words(at)
        time.sleep(0.2)
        at.run()
        assert not at.exception
