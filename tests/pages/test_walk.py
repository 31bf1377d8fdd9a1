"""The guided walk: each step's link opens its page without a complaint, and its sentences say the numbers of that page."""

import re

import pytest

from pages.shared import walk
from pages.shared.parameters import PARAMETERS
from pages.shared.walk_steps import STEPS
from tests.pages.apptest import by_link, visit, words


def opened(number):
    return by_link(f"{STEPS[number - 1].page}.py", **walk.query(number))


def strip(at):
    return next(part.value for part in at.markdown if part.value.startswith("**Step "))


def ways(at):
    return {link.proto.label: link.proto.query_string for link in at.get("page_link")}


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_the_link_of_each_step_opens_its_view(number):
    at = opened(number)
    step = STEPS[number - 1]
    assert not at.exception
    assert not at.error
    assert not at.warning
    assert strip(at).startswith(f"**Step {number} of {len(STEPS)}: {step.title}.** ")
    for name, value in step.parameters.items():
        shown = at.session_state[name]
        assert shown == value or str(shown).lower() == value, name
        assert step.page in PARAMETERS[name].pages
    assert ("Back" in ways(at)) == (number > 1)
    assert ("Next" in ways(at)) == (number < len(STEPS))
    assert "Return to this step" not in ways(at)


@pytest.mark.parametrize(
    ("number", "said", "on_the_page"),
    [
        (1, r"cut into (\d+) tokens", r"`token_ids \[1, (\d+)\]`"),
        (1, r"one of them: (\d+) numbers", r"`token_embeddings \[1, 13, (\d+)\]`"),
        (3, r"of the story give (\d+) windows", r"tokens give (\d+) windows"),
        (4, r"of the story give (\d+) windows", r"tokens give (\d+) windows"),
        (4, r"share (\d) of their", r"share (\d) of 4 tokens"),
        (6, r"positions (\d+) and 9, and the largest", r"stands at positions (\d+), 9; the largest"),
        (7, r"share (\d+) of 6 rows", r"the same bag of (\d+) rows"),
        (10, r"are ([\d.]+) apart", r"its input vectors ([\d.]+)"),
        (11, r"Each of the ([\d,]+) rows", r"([\d,]+) points, none left out"),
    ],
)
def test_the_sentences_say_what_the_page_shows(number, said, on_the_page):
    at = opened(number)
    here = re.search(said, strip(at))
    rest = words(at).replace(strip(at), "")
    there = re.search(on_the_page, rest)
    assert here
    assert there, rest
    assert here[1] == there[1]


def test_the_row_of_the_toy_is_the_books():
    assert "`[-0.4015, 0.9666, -1.1481]`" in strip(opened(5))


def test_no_number_of_the_sentences_is_written_in_them(untrained):
    """With another model in its place a step says other numbers."""
    assert "256 numbers" in STEPS[0].notice(lambda name: untrained, STEPS[0].parameters)
    assert "256 before and after" in STEPS[9].notice(lambda name: untrained, STEPS[9].parameters)


def test_the_walk_is_ended_and_left_at_any_time():
    at = opened(2)
    assert at.query_params["walk"] == "2"
    at.switch_page("audit.py").run()
    assert "Return to this step" in ways(at)
    at.button(key="walk_end").click().run()
    assert "Next" not in ways(at)
    assert "walk" not in at.query_params


def test_without_a_walk_there_is_only_its_beginning():
    assert ways(visit()) == {"Take the guided walk": ways(visit())["Take the guided walk"]}
    assert ways(visit("tokens.py")) == {}


@pytest.mark.parametrize("raw", ["0", "99", "-1"])
def test_a_step_that_is_not_there_is_told(raw):
    at = by_link(walk=raw)
    assert f"walk = `'{raw}'`; the walk has the steps 1 to {len(STEPS)}" in words(at)
    assert "Next" not in ways(at)
