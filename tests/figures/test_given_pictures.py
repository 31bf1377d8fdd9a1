"""Places, sizes and labels that a caller gives to a picture are checked: ShapeError, and nothing else."""

import numpy as np
import pytest

from embedcore.figures.clock import clock_hands
from embedcore.figures.decay import decay_lines, drawn_distances, wavelength_lines
from embedcore.figures.heat import heat_strips
from embedcore.figures.palette import Style
from embedcore.figures.positions import drawn_places, position_similarity
from embedcore.figures.scores import drawn_tokens, score_map
from embedcore.space.evenly import evenly
from tests.given import NO_SIZE, refused

LIGHT = Style()
POINTS = np.zeros((2, 3, 2), np.float32)


def clocks(**changes):
    given = {
        "points": POINTS,
        "pairs": np.arange(2),
        "wavelengths": np.ones(2),
        "labels": ["a", "b", "c"],
        "place": 0,
    } | changes
    return clock_hands(
        given["points"], given["pairs"], given["wavelengths"], given["labels"], LIGHT, place=given["place"]
    )


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
def test_pictures_refuse_what_is_no_place_or_size(size):
    square = np.zeros((3, 3), np.float32)
    curve = {"a": np.zeros(3, np.float32)}
    refused(lambda: clocks(place=size))
    refused(lambda: decay_lines(curve, LIGHT, trained=size))
    refused(lambda: wavelength_lines({"a": np.ones(3)}, LIGHT, trained=size, chosen="a"))
    refused(lambda: drawn_distances(size, is_log=False))
    refused(lambda: drawn_places(size))
    refused(lambda: drawn_tokens(size))
    refused(lambda: evenly(size, 3))
    refused(lambda: evenly(3, size))
    refused(lambda: position_similarity(square, LIGHT, step=size))
    if size is not None:
        refused(lambda: score_map(square, ["a", "b", "c"], LIGHT, chosen=size))
    if size is not None and not isinstance(size, int):
        refused(lambda: heat_strips([("a", square)], ["a", "b", "c"], LIGHT, chosen=size))


def test_pictures_refuse_another_number_of_labels_and_nothing_to_draw():
    square = np.zeros((3, 3), np.float32)
    refused(lambda: clocks(place=3))
    refused(lambda: clocks(labels=["a", "b"]))
    refused(lambda: score_map(square, ["a", "b"], LIGHT))
    refused(lambda: score_map(square[:, :2], ["a", "b", "c"], LIGHT))
    refused(lambda: score_map(square[:0], [], LIGHT))
    refused(lambda: heat_strips([("a", square)], ["a", "b"], LIGHT))
    refused(lambda: heat_strips([], ["a", "b"], LIGHT))
    refused(lambda: decay_lines({}, LIGHT, trained=3))
    refused(lambda: position_similarity(square[:0, :0], LIGHT))
