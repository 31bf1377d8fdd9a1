"""No outlier decides a heat picture's colors; its bar says where they end; what is hovered keeps the exact number."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.figures.color_scale import ColorRange, share_range, signed_range
from embedcore.figures.equation import equation
from embedcore.figures.heat import EQUAL_HEIGHT, heat_strips
from embedcore.figures.lookup import one_hot_product
from embedcore.figures.palette import Style
from embedcore.figures.positions import position_similarity, position_table
from embedcore.figures.scores import score_map
from embedcore.figures.style import number
from embedcore.figures.text_points import context_map
from embedcore.model.chain import chain

STYLE = Style()
OUTLIER = np.full((20, 20), 0.32, np.float32)
OUTLIER[3, 4] = -7.0
LABELS = [f"{index} x{index}" for index in range(20)]


def pictures(values):
    yield heat_strips([("a", values), ("b", values * 0.5)], LABELS, STYLE)
    yield position_table(values, STYLE)
    yield score_map(values, LABELS, STYLE)
    yield one_hot_product(np.eye(20, dtype=np.float32), values, values, STYLE, token_labels=LABELS, row_labels=LABELS)


def test_one_outlier_pales_nothing_and_the_bar_says_so():
    for figure in pictures(OUTLIER):
        axis = figure.layout.coloraxis
        assert (axis.cmin, axis.cmax) == (-0.4, 0.4)
        assert list(axis.colorbar.ticktext) == ["≤ −0.4", "0", "≥ 0.4"]
        assert list(axis.colorbar.tickvals) == [-0.4, 0, 0.4]
        drawn = [trace for trace in figure.data if trace.coloraxis == "coloraxis"]
        assert min(float(np.min(trace.z)) for trace in drawn) == -7.0  # the number is the exact one
        assert all("%{z:.4f}" in trace.hovertemplate for trace in drawn)


def test_where_nothing_lies_beyond_the_ends_are_the_largest_value():
    for figure in pictures(np.linspace(-1.352, 1.2, 400, dtype=np.float32).reshape(20, 20)):
        assert list(figure.layout.coloraxis.colorbar.ticktext) == ["−1.4", "0", "1.4"]
    assert list(position_similarity(np.eye(3), STYLE).layout.coloraxis.colorbar.ticktext) == ["−1", "0", "1"]


def test_the_overviews_scale_is_that_of_its_usual_values(pydoc):
    figure = equation(chain(pydoc, pydoc.run(np.arange(13))), [f"{index} x" for index in range(13)], STYLE)
    values = np.abs(np.concatenate([np.asarray(trace.z).ravel() for trace in figure.data]))
    assert figure.layout.coloraxis.cmax < values.max() / 2  # position 0 has a −1.35
    assert np.mean(values > figure.layout.coloraxis.cmax) <= 0.01


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=300))
def test_at_most_one_value_in_a_hundred_lies_beyond_and_never_without_a_word(values):
    sizes = np.abs(np.array(values))
    colors = signed_range(sizes)
    assert colors.limit > 0
    n_beyond = int((sizes > colors.limit * (1 + 1e-6)).sum())
    assert n_beyond <= np.ceil(0.01 * len(sizes))
    assert colors.is_cut or n_beyond == 0


@pytest.mark.parametrize("values", [np.zeros(4), np.zeros(0), np.array([5e-324])])
def test_nothing_but_zeros_still_has_a_scale(values):
    assert signed_range(values).ends == {-1.0: "−1", 0.0: "0", 1.0: "1"}
    assert signed_range().limit == share_range(values).limit == 1.0


def test_shares_begin_at_zero_and_end_at_the_largest():
    assert share_range(np.array([0.1, 0.732])).ends == {0.0: "0", 0.74: "0.74"}
    figure = score_map(np.full((2, 2), 0.5), ["0 a", "1 b"], STYLE, is_share=True)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 0.5)
    given = score_map(np.full((2, 2), 0.5), ["0 a", "1 b"], STYLE, colors=ColorRange(8.0, is_cut=True))
    assert given.layout.coloraxis.colorbar.ticktext[0] == "≤ −8"  # one scale for several pictures


def test_every_bar_is_180_by_8_pixels_below_the_right_end():
    for figure in pictures(OUTLIER):
        bar = figure.layout.coloraxis.colorbar
        assert (bar.orientation, bar.lenmode, bar.len, bar.thickness) == ("h", "pixels", 180, 8)
        assert (bar.xanchor, bar.yref, bar.y, bar.yanchor) == ("right", "container", 0, "bottom")


def test_panels_beside_each_other_begin_and_end_together(pydoc):
    layer = pydoc.run(np.arange(5))
    labels = [f"{index} x" for index in range(5)]
    heights = [
        (figure.layout.height, figure.layout.margin.t, figure.layout.margin.b)
        for figure in (
            equation(chain(pydoc, layer), labels, STYLE, height=EQUAL_HEIGHT),
            context_map(embedcore.project(pydoc.table), layer, labels, STYLE),
        )
    ]
    assert heights == [(460, 28, 68)] * 2
    assert context_map(embedcore.project(pydoc.table), layer, labels, STYLE).layout.xaxis.automargin is False


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (50_256.0, "50,300"),
        (5.03e4, "50,300"),
        (-0.5, "−0.5"),
        (0.0, "0"),
        (1e30, "1 × 10³⁰"),
        (-2.5e-9, "−2.5 × 10⁻⁹"),
    ],
)
def test_a_number_is_written_as_a_reader_writes_it(value, text):
    assert number(value) == text


def every_axis(figure: go.Figure):
    return [*figure.select_xaxes(), *figure.select_yaxes()]


def test_every_figure_has_type_of_12_pixels_or_more_and_no_lines_that_say_nothing():
    for figure in pictures(OUTLIER):
        frame = figure.layout.template.layout
        assert (frame.font.size, figure.layout.font.size) == (12, None)
        sizes = [note.font.size for note in figure.layout.annotations]
        assert all(size is None or size >= 12 for size in sizes)
        for axis in every_axis(figure):
            common = frame.xaxis if axis.plotly_name.startswith("xaxis") else frame.yaxis
            assert (common.showline, common.ticks, axis.showline, axis.ticks) == (False, "", None, None)
            assert axis.tickfont.size is None or axis.tickfont.size >= 12
