"""Figures hold exactly the numbers that they were given, and colors that tell apart."""

import numpy as np
import pytest

import embedcore
from embedcore.figures.equation import MAX_ROWS, equation, n_before
from embedcore.figures.heat import heat_strips
from embedcore.figures.palette import Style
from embedcore.figures.positions import drawn_places, position_similarity, position_table
from embedcore.figures.text_points import context_map, n_out_of_sight
from embedcore.figures.windows import drawn_columns, window_overlap
from embedcore.maps.linear import LinearProjection
from embedcore.model.chain import chain, plain_parts
from embedcore.model.model import InputLayer

STYLE = Style()


def test_strips_share_one_scale_around_zero():
    figure = heat_strips(
        [("a", np.array([[1.0, -2.0]], np.float32)), ("b", np.array([[0.5, 0.0]], np.float32))], ["0 x"], STYLE
    )
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-2, 2)
    assert {trace.coloraxis for trace in figure.data} == {"coloraxis"}


def test_the_equation_caps_what_it_draws_not_what_is_true(pydoc):
    layer = pydoc.run(np.arange(200))
    figure = equation(chain(pydoc, layer), [f"{index} x" for index in range(200)], STYLE)
    assert [np.asarray(trace.z).shape for trace in figure.data] == [(MAX_ROWS, 64)] * 3
    np.testing.assert_array_equal(figure.data[2].z, layer.input_embeddings[0, :MAX_ROWS])


def test_strips_before_a_norm_have_a_scale_of_their_own(pydoc):
    assert n_before(chain(pydoc, pydoc.run([1, 2]))) == 0  # a sum has one scale, whatever its parts are
    minilm = embedcore.open_model("minilm-l6", provider="cpu")
    layer = minilm.run(minilm.tokenizer.encode("a list is like a tuple").token_ids)
    parts = chain(minilm, layer)
    assert n_before(parts) == 3
    figure = equation(parts, [f"{place} x" for place in range(layer.token_ids.shape[1])], STYLE)
    assert [trace.coloraxis for trace in figure.data] == ["coloraxis2"] * 3 + ["coloraxis"]
    summed = np.abs(np.stack([trace.z for trace in figure.data[:3]]))
    assert figure.layout.coloraxis2.cmax >= np.quantile(summed, 0.99)
    assert figure.layout.coloraxis2.cmax * 3 <= figure.layout.coloraxis.cmax  # one scale would leave three strips blank
    bars = figure.layout.coloraxis2.colorbar, figure.layout.coloraxis.colorbar
    assert [(bar.xanchor, bar.len) for bar in bars] == [("left", 110), ("right", 110)]
    made = InputLayer(
        np.zeros((1, 2), np.int64), np.ones((1, 2, 3), np.float32), None, np.full((1, 2, 3), 2.5, np.float32)
    )
    assert n_before(plain_parts(made)) == 0  # an arrow that changes little


def test_a_map_shows_its_rows_where_a_norm_takes_the_input_vectors_far_away():
    minilm = embedcore.open_model("minilm-l6", provider="cpu")
    layer = minilm.run(minilm.tokenizer.encode("a list is like a tuple").token_ids)
    projection = embedcore.project(minilm.table)
    figure = context_map(projection, layer, [f"{place} x{place}" for place in range(layer.token_ids.shape[1])], STYLE)
    assert isinstance(projection, LinearProjection)
    low, high = np.transpose([figure.layout.xaxis.range, figure.layout.yaxis.range])
    inputs = projection.transform(layer.input_embeddings[0])
    outside = ((inputs < low) | (inputs > high)).any(axis=1)
    assert 0 < outside.sum() == n_out_of_sight(projection, layer)
    assert ((low <= projection.coordinates) & (projection.coordinates <= high)).all()  # no row is out of sight
    assert (high - low <= 1.2 * np.ptp(projection.coordinates, axis=0)).all()
    np.testing.assert_array_equal(figure.data[-1].x, inputs[:, 0])  # the diamonds themselves are where they are
    words = {note.text: (note.x, note.y) for note in figure.layout.annotations if note.text.startswith("x")}
    tokens = projection.transform(layer.token_embeddings[0])
    for place, is_outside in enumerate(outside.tolist()):
        if f"x{place}" in words:
            np.testing.assert_allclose(words[f"x{place}"], (tokens if is_outside else inputs)[place], rtol=0, atol=1e-6)
    assert len(words) > 1


def test_words_on_the_map_thin_out_and_the_chosen_one_stays(pydoc):
    projection = embedcore.project(pydoc.table)
    layer = pydoc.run([5] * 40)
    labels = [f"{index} x{index}" for index in range(40)]
    figure = context_map(projection, layer, labels, STYLE, chosen=17)
    words = [note.text for note in figure.layout.annotations[1:]]  # the first one is the title
    assert "x17" in words
    assert 1 < len(words) < 40
    assert list(figure.data[-1].customdata) == labels


def test_the_density_counts_every_row(pydoc):
    projection = embedcore.project(pydoc.table)
    density = context_map(projection, pydoc.run([1]), ["0 x"], STYLE).data[0]
    counts, _, _ = np.histogram2d(*projection.coordinates.T, bins=160)
    np.testing.assert_array_equal(np.asarray(density.z) > 0, counts.T > 0)
    assert np.asarray(density.z).max() == 255


@pytest.mark.parametrize(("n", "step"), [(1, 1), (256, 1), (257, 2), (1024, 4)])
def test_positions_are_drawn_evenly(n, step):
    assert drawn_places(n).tolist() == list(range(0, n, step))
    vectors = np.arange(n * 2, dtype=np.float32).reshape(n, 2)
    np.testing.assert_array_equal(position_table(vectors, STYLE).data[0].z, vectors[::step])


def test_likeness_is_named_by_the_places_that_are_drawn():
    heat = position_similarity(np.eye(5), STYLE, step=7).data[0]
    assert list(heat.x) == list(heat.y) == [0, 7, 14, 21, 28]


@pytest.mark.parametrize(("position", "input_", "operators"), [
    (None, 1.0, ["="]), (None, 1.5, ["→"]), (0.25, 1.25, ["+", "="]), (0.25, 1.5, ["+", "→"]), (0.0, 1.0, ["+", "="]),
])  # fmt: skip
def test_an_equals_sign_stands_where_it_is_true(position, input_, operators):
    full = lambda value: np.full((1, 2, 3), value, np.float32)  # noqa: E731
    positions = None if position is None else full(position)[0]
    layer = InputLayer(np.zeros((1, 2), np.int64), full(1.0), positions, full(input_))
    written = [note.text for note in equation(plain_parts(layer), ["0 a", "1 b"], STYLE).layout.annotations]
    assert [text for text in written if text in "+=→"] == operators


def test_windows_are_drawn_where_they_lie():
    figure = window_overlap(np.array([0, 2]), [f"{i} x" for i in range(8)], STYLE, max_length=3, batch_size=1)
    assert np.asarray(figure.data[0].z).tolist() == [[2, 2, 2, 1, 0, 0], [0, 0, 3, 3, 3, 1]]


@pytest.mark.parametrize(
    ("starts", "max_length"),
    [([0, 2], 3), ([900, 4, 512, 60], 4), (list(range(0, 64 * 200, 200)), 4), ([70_000, 0], 1024), ([5], 1), (list(range(8)), 140)],
)  # fmt: skip
def test_every_window_is_drawn_wherever_it_lies(starts, max_length):
    names = [f"{i} x" for i in range(max(starts) + max_length + 1)]
    figure = window_overlap(np.array(starts), names, STYLE, max_length=max_length, batch_size=len(starts))
    tokens, per_column = drawn_columns(np.array(starts), max_length)
    columns = [tokens[edge : edge + per_column].tolist() for edge in range(0, len(tokens), per_column)]
    z = np.asarray(figure.data[0].z)
    assert z.shape == (len(starts), len(columns))
    assert len(columns) <= 1024
    assert list(figure.data[0].x) == [f"{column[0]} x" for column in columns]
    for row, start in zip(z, starts, strict=True):
        inputs, target = set(range(start, start + max_length)), start + max_length
        expected = [2 if inputs & set(column) else 1 if target in column else 0 for column in columns]
        assert row.tolist() == expected
        assert set(range(start, start + max_length + 1)) <= set(tokens.tolist())
