"""One meaning, one color, on every figure; and every eye tells the meanings of one figure apart."""

import itertools
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import embedcore
from embedcore.audit.detection import precision_recall, precision_recall_curve
from embedcore.audit.indicators import Indicator
from embedcore.figures.addition import dimensions, lengths
from embedcore.figures.audit import indicator_histogram, precision_recall_line
from embedcore.figures.clock import clock_hands
from embedcore.figures.decay import decay_lines
from embedcore.figures.equation import equation
from embedcore.figures.histogram import bins, score_histogram
from embedcore.figures.map import Marks, vocabulary_map
from embedcore.figures.palette import Style
from embedcore.figures.text_points import add_text, context_map
from embedcore.maps.grid import Grid
from embedcore.maps.point_colors import kind_colors
from embedcore.model.chain import chain
from embedcore.schemes.registry import SCHEMES
from embedcore.space.composition import compose
from embedcore.tokens.categories import CATEGORIES
from tests.figures.colors import EYES, apart, contrast, nearest

MODES = ("light", "dark")
N = 60
RANDOM = np.random.default_rng(0)
PLACES = RANDOM.normal(size=(N, 2)).astype(np.float32)
UNTRAINED = np.arange(N) % 3 == 0
FIRST = 8  # the position of the first token that is shown: a long text is seen through a window
LABELS = [f"{FIRST + index} {word}" for index, word in enumerate(("A", "␣list", "␣is"))]


def legends(style):
    """Yield (what a legend says, its color) of every figure that has a legend of its own words."""
    trained, indicator = ("trained", "untrained"), Indicator("norm", np.linspace(1, 2, N))
    truths = (
        UNTRAINED,
        np.arange(N) % 20 > 0,
        UNTRAINED,
    )  # few and many are trained: a color is no matter of frequency
    figures = [
        vocabulary_map(PLACES, style, colors=kind_colors("trained", truth.astype(np.uint8), trained))
        for truth in truths
    ]
    for groups in ({"trained": ~UNTRAINED, "untrained": UNTRAINED}, {"untrained": UNTRAINED}):
        figures += [
            indicator_histogram(indicator, groups, style, threshold=1.5, is_log=is_log) for is_log in (False, True)
        ]
    kinds = np.arange(N) % len(CATEGORIES)
    for shown in (kinds, np.sort(kinds)[: N // 2], np.sort(kinds)[N // 2 :]):
        figures.append(vocabulary_map(PLACES[: len(shown)], style, colors=kind_colors("category", shown, CATEGORIES)))
    figures.append(
        indicator_histogram(
            indicator, {name: kinds == code for code, name in enumerate(CATEGORIES)}, style, threshold=1.5
        )
    )
    curves = {scheme.title: np.linspace(0, -1, 9).astype(np.float32) for scheme in SCHEMES.values()}
    for some in (curves, dict(itertools.islice(curves.items(), 3, 6)), dict(reversed(curves.items()))):
        figures.append(decay_lines(some, style, trained=4))
    for figure in figures:
        for trace in figure.data:
            if trace.showlegend is not False:
                line = getattr(trace, "line", None)
                yield trace.name, trace.marker.color or (line.color, line.dash)


@pytest.mark.parametrize("mode", MODES)
def test_a_word_of_a_legend_has_one_color_whatever_figure_and_whatever_stands_beside_it(mode):
    colors = defaultdict(set)
    for name, color in legends(Style(mode)):
        colors[name].add(color)
    assert set(colors) >= {"trained", "untrained", *CATEGORIES, *(scheme.title for scheme in SCHEMES.values())}
    assert {name: many for name, many in colors.items() if len(many) > 1} == {}
    hues = {color if isinstance(color, str) else color[0] for many in colors.values() for color in many}
    assert not hues & {*Style(mode).tokens, Style(mode).match, Style(mode).chosen}


def test_a_switch_never_reorders_a_legend():
    for order in ({"trained": ~UNTRAINED, "untrained": UNTRAINED},):
        for is_log in (False, True):
            figure = indicator_histogram(
                Indicator("norm", np.linspace(1, 2, N)), order, Style(), threshold=1.0, is_log=is_log
            )
            assert [trace.name for trace in figure.data] == list(order)
            assert figure.layout.legend.traceorder == "normal"
    for truth in (np.arange(N) > 3, np.arange(N) < 3):
        colors = kind_colors("trained", truth.astype(np.uint8), ("trained", "untrained"))
        figure = vocabulary_map(PLACES, Style(), colors=colors)
        assert [trace.name for trace in figure.data if trace.showlegend] == ["trained", "untrained"]


@pytest.mark.parametrize("mode", MODES)
def test_a_token_has_the_hue_of_its_position_on_every_figure_and_nothing_else_has_it(mode, pydoc):
    style, layer = Style(mode), pydoc.run([5, 9, 5])
    hues = [style.tokens[(FIRST + index) % 6] for index in range(3)]
    assert hues == [style.token(FIRST + index) for index in range(3)]
    points = np.ones((1, 3, 2), np.float32)
    clocks = clock_hands(points, np.array([0]), np.array([6.3]), LABELS, style, place=0)
    assert list(clocks.data[1].marker.color) == hues
    small = context_map(embedcore.project(pydoc.table), layer, LABELS, style)
    grid = Grid.of(pydoc.table[:, :2].copy())
    whole = add_text(
        vocabulary_map(pydoc.table[:, :2].copy(), style), grid, lambda rows: rows[:, :2], layer, LABELS, style
    )
    for figure in (small, whole):
        for name in ("token vectors", "input vectors"):
            assert list(next(trace for trace in figure.data if trace.name == name).marker.color) == hues
    rows = equation(chain(pydoc, layer), LABELS, style).layout.yaxis.ticktext
    assert [text.split("color:")[1][:7] for text in rows] == hues
    token, position = np.ones(4, np.float32), np.ones(4, np.float32)
    assert dimensions(token, position, token, style, place=FIRST).data[0].marker.color == hues[0]
    parts = compose(layer.token_embeddings[0], layer.position_embeddings, layer.input_embeddings[0])
    for bars in lengths(parts, LABELS, style).data[:3]:  # of all tokens, so of none
        assert bars.marker.color not in style.tokens


@pytest.mark.parametrize("mode", MODES)
def test_what_was_searched_for_is_magenta_and_one_kind_of_bar_is_blue(mode):
    style = Style(mode)
    marks = Marks(matches=np.array([1]), labels=["b"], box=(0, 9, 0, 9))
    [ring] = [trace for trace in vocabulary_map(PLACES, style, marks=marks).data if trace.name == "matches"]
    histogram = score_histogram(bins(np.arange(9.0)), style, nearest=(7.0, 8.0), n_nearest=2)
    assert ring.marker.color == histogram.layout.shapes[0].fillcolor == style.match
    indicator, truth = Indicator("norm", np.arange(9.0)), np.arange(9) < 4
    curve = precision_recall_line(
        precision_recall_curve(indicator, truth), precision_recall(indicator, truth, 3.0), style
    )
    assert curve.data[0].line.color == style.accent
    assert curve.data[1].marker.color == style.chosen
    cut = indicator_histogram(indicator, {"all": truth}, style, threshold=3.0)
    assert cut.layout.shapes[1].line.color == style.chosen


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("mode", MODES)
def test_every_eye_tells_apart_what_stands_on_one_figure(mode, eye):
    style = Style(mode)
    for left, right in itertools.pairwise([*style.tokens, style.tokens[0]]):  # chips beside each other
        assert apart(left, right, eye) > 16, (left, right)
    assert nearest(style.tokens, style.tokens, eye) > 14
    assert nearest(style.kinds, style.kinds, eye) > 22
    assert apart(style.trained, style.never_trained, eye) > 18
    assert apart(style.accent, style.quiet, eye) > 20
    assert apart(*style.batches, eye) > 18
    scale = [color for _, color in style.diverging]
    assert scale[len(scale) // 2] not in (scale[0], scale[-1])
    assert apart(scale[1], scale[-2], eye) > 40


@pytest.mark.parametrize("mode", MODES)
def test_no_kind_has_a_tokens_hue_or_that_of_a_match(mode):
    style = Style(mode)
    others = [*style.tokens, style.match, style.quiet]
    assert nearest(style.kinds, others, "normal") > 18
    assert len({*style.kinds, *others, style.accent, style.chosen, style.never_trained, style.text, style.grid}) == 19


@pytest.mark.parametrize("mode", MODES)
def test_marks_reach_the_contrast_that_the_look_asks_for(mode):
    style = Style(mode)
    assert contrast(style.text, style.paper) > 14
    assert min(contrast(color, style.paper) for color in (style.accent, style.match, style.chosen)) > 6
    assert min(contrast(color, style.paper) for color in (*style.kinds, style.never_trained)) > 2.9
    if mode == "dark":  # none is dull there
        assert min(contrast(color, style.paper) for color in style.tokens) > 4.5


def test_no_page_has_a_color_of_its_own_and_the_theme_has_the_palettes():
    root = Path(__file__).parents[2]
    theme = tomllib.loads((root / ".streamlit" / "config.toml").read_text())["theme"]
    for mode in MODES:
        colors = {name: str(color).lower() for name, color in theme[mode].items() if not isinstance(color, dict)}
        style = Style(mode)
        assert (colors["primaryColor"], colors["backgroundColor"], colors["textColor"]) == (
            style.accent,
            style.paper,
            style.text,
        )
    for path in sorted((root / "pages").rglob("*")):
        if path.suffix in (".py", ".js", ".css"):
            lines = [line for line in path.read_text().splitlines() if not line.startswith(".stCode .token")]
            assert not [line for line in lines if re.search(r"(?<![&\w])#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", line, re.I)], (
                path
            )
