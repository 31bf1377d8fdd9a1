"""What every figure says on hover and beside its points, read as plotly reads it: tags, entities, places, formats."""

import html
import re

import numpy as np
import plotly.graph_objects as go
import pytest

import embedcore
from embedcore.audit.detection import precision_recall, precision_recall_curve
from embedcore.audit.indicators import Indicator
from embedcore.figures import (
    addition,
    audit,
    clock,
    decay,
    heat,
    histogram,
    lookup,
    positions,
    scores,
    text_points,
    windows,
)
from embedcore.figures.map import Marks, vocabulary_map
from embedcore.figures.palette import Style
from embedcore.figures.style import space_text, svg_text
from embedcore.maps.grid import Grid
from embedcore.space.composition import compose, one_hot
from tests.payloads import PAYLOADS

STYLE = Style()
AWKWARD = ["0 <b>x</b>", "1 &amp;", "2 $x$", "3 <a", "4 ال", "5 ␣list"]
WORDS = ["<b>x</b>", "&amp;", "$x$", "<a", "\u2068ال\u2069", "␣list"]  # as they stand beside points
SHOWN = ["0 <b>x</b>", "1 &amp;", "2 $x$", "3 <a", "4 \u2068ال\u2069", "5 ␣list"]


def read(text):
    """Return what plotly writes for `text` in a flat chart: no formula, no tag but a line's end, entities resolved."""
    assert "$" not in text, f"a formula: {text!r}"
    lines = re.split("<br>", text)
    assert not re.search("<[^<>]*>", "".join(lines)), f"a tag: {text!r}"
    return [html.unescape(line) for line in lines]


def hover(trace, *place):
    """Return the lines of a trace's hover at a point, or at row and column of a heat map."""
    rows = isinstance(trace, go.Heatmap)
    [y, x] = place if rows else (place[0], place[0])

    def axis(name, index):
        values = getattr(trace, name)
        return index if values is None else values[index]

    customdata = None if trace.customdata is None else trace.customdata[y]
    there = {
        "x": axis("x", x), "y": axis("y", y), "z": trace.z[y][x] if rows else getattr(trace, "z", None),
        "text": None if rows or trace.text is None else trace.text[y], "customdata": customdata,
    }  # fmt: skip
    if customdata is not None and np.ndim(customdata):
        there |= {f"customdata[{number}]": value for number, value in enumerate(customdata)}

    def fill(match):
        value, shape = there[match[1]], match[2]
        return format(value, shape) if shape else str(value)

    template, extra = trace.hovertemplate.split("<extra>")
    assert extra == "</extra>"
    return read(re.sub(r"%\{([^:}]+)(?::([^}]+))?\}", fill, template))


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload.isprintable()])
def test_a_label_in_a_flat_chart_is_read_as_it_is(payload):
    [line] = read(svg_text(payload))
    assert line.replace("\u2068", "").replace("\u2069", "") == payload


@pytest.mark.parametrize("text", AWKWARD)
def test_a_label_in_space_has_no_tag_and_no_other_letters(text):
    written = space_text(text)
    assert not re.search("<(?!\u2060)", written)
    assert re.sub("[\u2060\u2068\u2069]", "", written) == text


def test_a_score_map_says_who_asks_and_who_answers():
    values = np.arange(36, dtype=np.float32).reshape(6, 6)
    [trace] = scores.score_map(values, AWKWARD, STYLE, name="position's part").data
    for query, key in ((0, 5), (4, 1), (2, 3)):
        assert hover(trace, query, key) == [
            f"query {SHOWN[query]}",
            f"key {SHOWN[key]}",
            f"position's part {values[query, key]:.4f}",
        ]


def test_heat_strips_say_strip_token_and_column():
    left, right = np.arange(18, dtype=np.float32).reshape(6, 3), np.arange(6, dtype=np.float32).reshape(6, 1)
    figure = heat.heat_strips([("token", left), ("input", right)], AWKWARD, STYLE)
    assert hover(figure.data[0], 4, 2) == ["token", f"{SHOWN[4]} · dimension 2", "14.0000"]
    assert hover(figure.data[1], 0, 0) == ["input", f"{SHOWN[0]} · dimension 0", "0.0000"]
    keyed = heat.heat_strips([("(a)", left)], AWKWARD, STYLE, column_name="key")
    assert hover(keyed.data[0], 3, 1) == ["(a)", f"{SHOWN[3]} · key 1", "10.0000"]


def test_a_lookup_says_token_and_row(toy):
    ids = np.array([2, 3])
    figure = lookup.one_hot_product(
        one_hot(ids, np.arange(6)),
        toy.table,
        toy.table[ids],
        STYLE,
        token_labels=AWKWARD[:2],
        row_labels=list("012345"),
    )
    product, table, rows = figure.data
    assert hover(product, 1, 3) == [f"{SHOWN[1]} · 3", "1.0000"]
    assert hover(product, 1, 2) == [f"{SHOWN[1]} · 2", "0.0000"]
    assert hover(table, 3, 1) == ["3 · 1", f"{toy.table[3, 1]:.4f}"]
    assert hover(rows, 0, 2) == [f"{SHOWN[0]} · 2", f"{toy.table[2, 2]:.4f}"]
    [bars] = lookup.row_values(toy.table[3], STYLE, position=0).data
    assert hover(bars, 2) == ["dimension 2", f"{toy.table[3, 2]:.4f}"]


def test_lengths_and_dimensions_say_what_they_are():
    random = np.random.default_rng(0)
    tokens, places = random.normal(size=(2, 6, 4)).astype(np.float32)
    parts = compose(tokens, places, tokens + places)
    figure = addition.lengths(parts, AWKWARD, STYLE)
    for bars, name, values in zip(
        figure.data,
        ("token", "position", "input"),
        (parts.token_norms, parts.position_norms, parts.input_norms),
        strict=False,
    ):
        assert hover(bars, 1) == [SHOWN[1], f"length of the {name} vector {values[1]:.4f}"]
    assert hover(figure.data[3], 4) == [SHOWN[4], f"position's share {parts.position_share[4]:.1%}"]
    figure = addition.dimensions(tokens[0], places[0], tokens[0] + places[0], STYLE, place=0)
    for trace, name, values in zip(
        figure.data, ("token", "position", "input"), (tokens[0], places[0], tokens[0] + places[0]), strict=True
    ):
        assert hover(trace, 3) == ["dimension 3", f"{name} {values[3]:.4f}"]


def test_clocks_say_token_cosine_and_sine():
    points = np.stack((np.cos(np.arange(6.0)), np.sin(np.arange(6.0))), axis=1)[None].astype(np.float32)
    circle, dots, hand = clock.clock_hands(points, np.array([0]), np.array([6.28]), AWKWARD, STYLE, place=4).data
    assert circle.hoverinfo == "skip"
    assert hover(dots, 0) == [SHOWN[0], f"cosine {points[0, 0, 0]:.4f}", f"sine {points[0, 0, 1]:.4f}"]
    assert [read(text) for text in hand.text] == [[""], [WORDS[4]]]


def test_lines_say_scheme_distance_and_score():
    curves = {"ALiBi": np.linspace(0, -1, 30).astype(np.float32), "T5": np.linspace(1, 2, 30).astype(np.float32)}
    figure = decay.decay_lines(curves, STYLE, trained=10, name="position's part")
    assert hover(figure.data[1], 7) == ["T5", "distance 7", f"position's part {curves['T5'][7]:.4f}"]
    figure = decay.wavelength_lines({"YaRN": np.array([6.28, 6280.0])}, STYLE, trained=100, chosen="YaRN")
    assert hover(figure.data[0], 1) == ["YaRN", "pair 1", "wavelength 6,280.0 positions per full turn"]


def test_positions_say_their_places():
    vectors = np.arange(600, dtype=np.float32).reshape(300, 2)  # every second place is drawn
    [table] = positions.position_table(vectors, STYLE).data
    assert hover(table, 3, 1) == ["position 6 · dimension 1", "13.0000"]
    [alike] = positions.position_similarity(np.array([[1.0, 0.25], [0.5, 1.0]]), STYLE, step=4).data
    assert hover(alike, 1, 0) == ["positions 4 and 0", "cosine similarity 0.5000"]
    assert hover(alike, 0, 1) == ["positions 0 and 4", "cosine similarity 0.2500"]


def test_windows_say_their_number_and_token():
    [trace] = windows.window_overlap(np.array([1, 2]), [*AWKWARD, "6 x"], STYLE, max_length=3, batch_size=1).data
    assert hover(trace, 1, 3) == ["window 1", SHOWN[4]]


def test_histograms_say_their_range_and_count():
    counted = histogram.bins(np.arange(100.0), 10)
    [bars] = histogram.score_histogram(counted, STYLE, nearest=(80.0, 99.0), n_nearest=20, name="dot").data
    assert hover(bars, 2) == ["dot 19.8000 to 29.7000", "10 rows"]
    values = np.arange(1000.0)
    truth = values < 400
    figure = audit.indicator_histogram(
        Indicator("norm", values), {"trained": ~truth, "untrained": truth}, STYLE, threshold=9.0
    )
    assert hover(figure.data[1], 0)[0] == "untrained"
    assert re.fullmatch(r"norm near [\d.]+", hover(figure.data[1], 0)[1])
    assert hover(figure.data[1], 0)[2] == f"{int(figure.data[1].y[0])} rows"


def test_the_curve_says_threshold_recall_and_precision():
    values, truth = np.arange(10.0), np.arange(10) < 4
    indicator = Indicator("norm", values)
    curve, now = precision_recall_curve(indicator, truth), precision_recall(indicator, truth, 5.0)
    line, mark = audit.precision_recall_line(curve, now, STYLE).data
    last = len(curve.thresholds) - 2
    assert hover(line, last) == [
        f"threshold {curve.thresholds[last]:.4g}",
        f"recall {curve.recall[last]:.1%}",
        f"precision {curve.precision[last]:.1%}",
    ]
    assert hover(mark, 0) == ["this threshold", f"recall {now.recall:.1%}", f"precision {now.precision:.1%}"]


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_a_text_on_the_small_map_names_its_points(pydoc):
    layer = pydoc.run([5, 9, 5, 1, 2, 3])
    figure = text_points.context_map(embedcore.project(pydoc.table), layer, AWKWARD, STYLE, chosen=4)
    for index in (0, 4):
        assert hover(named(figure, "token vectors"), index) == [SHOWN[index], "token vector"]
        assert hover(named(figure, "input vectors"), index) == [SHOWN[index], "input vector"]
    assert [WORDS[4]] in [read(note.text) for note in figure.layout.annotations[1:]]  # the first one is the title


@pytest.mark.parametrize("n_components", [2, 3])
def test_names_on_the_map_are_the_labels(pydoc, n_components):
    coordinates, layer = pydoc.table[:, :n_components].copy(), pydoc.run([5, 9, 5, 1, 2, 3])
    labels = [text[2:] for text in AWKWARD]
    figure = vocabulary_map(
        coordinates, STYLE, titles=labels[:n_components], marks=Marks(matches=np.arange(6), labels=labels)
    )
    place = lambda vectors: vectors[:, :n_components].astype(np.float32)  # noqa: E731
    text_points.add_text(figure, Grid.of(coordinates), place, layer, AWKWARD, STYLE, chosen=0, show_positions=True)
    written = svg_text if n_components == 2 else space_text
    ringed, inputs = named(figure, "matches"), named(figure, "input vectors")
    assert list(ringed.text) == [written(label) for label in labels]
    assert inputs.text[0] == (written(AWKWARD[0]) if n_components == 2 else written(labels[0]))
    # scattergl writes Arabic from the left, letter by letter, and what is scatter lies behind the points of the map
    assert {trace.type for trace in figure.data} == ({"scattergl"} if n_components == 2 else {"scatter3d"})
    if n_components == 2:
        assert not any("text" in (trace.mode or "") for trace in figure.data)
        names = [name.text for name in figure.layout.annotations]
        assert names[:6] == list(ringed.text)
        assert names[6] == written(labels[0])  # the chosen one has its word always
        assert set(names[6:]) <= {written(label) for label in labels}
    axes = figure.layout if n_components == 2 else figure.layout.scene
    assert [axes[f"{axis}axis"].title.text for axis in "xyz"[:n_components]] == [
        written(label) for label in labels[:n_components]
    ]
    assert hover(named(figure, "token vectors"), 3) == [SHOWN[3], "token vector"]
    assert hover(inputs, 0) == [SHOWN[0], "input vector"]
    assert hover(named(figure, "positions"), 2) == ["position 2"]
