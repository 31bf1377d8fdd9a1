"""Where a scheme's parameters come from is marked at every card and number of the Positions page, in every view."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from embedcore.schemes import Alibi, Heads, Tokens
from embedcore.schemes.declaration import Declaration, Place
from embedcore.schemes.registry import SCHEMES
from export.random import random_layer
from export.writer import write_model
from pages.views.positions import origins
from pages.views.positions.comparison import Chosen
from pages.views.positions.views import VIEWS
from tests.declared import as_declared, defaults
from tests.pages.apptest import charts, words
from tests.pages.test_positions_page import look

RANDOM = "random parameters, seed 7"
SENTENCE = "are not properties of the scheme."
MARKS = {
    "none": "fixed by the formula",
    "learned": "from pydoc-gpt",
    "sinusoidal": "fixed by the formula",
    "shaw": RANDOM,
    "transformer-xl": RANDOM,
    "bert-relative-key": RANDOM,
    "bert-relative-key-query": RANDOM,
    "deberta": RANDOM,
    "t5": RANDOM,
    "alibi": "fixed by the formula",
    "rope": "fixed by the formula",
}


def badges(at):
    """Return the marks at the titles of the cards, in the order of the page."""
    return [
        match[1] for part in at.markdown if (match := re.fullmatch(r":\w+-badge\[:material/\w+: (.+)\]", part.value))
    ]


def alts(at):
    return [chart.proto.alt for chart in at.get("plotly_chart")]


@pytest.mark.parametrize("view", VIEWS)
def test_every_card_and_picture_of_every_view_has_the_mark_of_its_scheme(view):
    names = {"Rotation": ["rope"], "Whole table": ["learned", "sinusoidal"], "Distance": []}.get(view, list(MARKS))
    at = look(view, list(MARKS), scheme_seed=7)
    assert badges(at) == [MARKS[name] for name in names]
    if view == "Distance":
        assert all(f"{SCHEMES[name].title} ({mark})" in alts(at)[0] for name, mark in MARKS.items())
    elif view != "Formula and code":
        drawn = [name for name in names if view != "What is given" or name != "none"]
        each = {"Whole table": 2, "Rotation": 4}.get(view, 1)
        marked = [f"{SCHEMES[name].title} ({MARKS[name]})" for name in drawn for _ in range(each)]
        assert len(alts(at)) == len(marked)
        assert [title for title, alt in zip(marked, alts(at), strict=True) if title not in alt] == []
    assert words(at).count(SENTENCE) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_said_of_random_parameters_where_no_scheme_has_any(view):
    assert "andom" not in words(look(view, ["none", "learned", "sinusoidal", "alibi", "rope"])).replace(
        "random-gpt2", ""
    )


@pytest.mark.parametrize(
    ("view", "label", "shown"),
    [
        ("Scores", r"Position-to-content ratio: [\d.]+\*\* \((.+?)\)", "score"),
        ("Scores", r"= \*\*-?[\d.]+\*\* \((.+?)\)", "terms"),
        ("What is given", r", from -?[\d.]+ to -?[\d.]+ \((.+?)\)", "score"),
        ("Word order", r"bit for bit\. \((.+?)\)", "score"),
    ],
)
def test_every_number_in_words_is_marked(view, label, shown):
    at = look(view, ["shaw", "t5", "alibi"], shown=shown, scheme_seed=7)
    assert re.findall(label, words(at)) == [RANDOM, RANDOM, "fixed by the formula"]


def test_lines_and_their_tables_are_marked():
    at = look("Distance", ["t5", "alibi"], scheme_seed=7, decay_table=True)
    marked = [f"T5 bias ({RANDOM})", "ALiBi (fixed by the formula)"]
    assert [trace["name"] for trace in charts(at)[0]["data"]] == marked
    every, few = (frame.value for frame in at.dataframe)
    assert list(every.columns) == ["distance", *marked]
    assert few["scheme"].tolist() == marked


@pytest.mark.parametrize(
    ("view", "key", "shown"),
    [
        ("What is given", "added_t5", "score"),
        ("Scores", "scores_t5", "score"),
        ("Scores", "terms_t5", "terms"),
        ("Word order", "order_t5", "score"),
    ],
)
def test_every_row_of_a_table_of_random_numbers_is_marked(view, key, shown):
    at = look(view, ["t5"], shown=shown, scheme_seed=7, **{f"{key}_table": True})
    assert set(at.dataframe[0].value["parameters"]) == {RANDOM}


def test_strips_of_random_numbers_say_so_and_waves_beside_them_do_not():
    titles = [note["text"] for note in charts(look("What is given", ["shaw"]))[0]["layout"]["annotations"]]
    assert titles == ["key vector (random)", "value vector (random)"]
    titles = [note["text"] for note in charts(look("What is given", ["transformer-xl"]))[0]["layout"]["annotations"]]
    assert titles == ["R(i−j)"]


def test_parameters_of_the_opened_file_are_said_to_be_from_it(tmp_path, monkeypatch):
    for name in ("shaw", "t5", "rope", "transformer-xl"):
        sizes = {"n_vocab": 6, "d_model": 8, "context_length": 9, "seed": 1}
        layer = random_layer(**sizes, positions=name, **defaults(name, n_heads=2, context_length=9))
        write_model(layer, tmp_path / f"my-{name}.onnx", name=f"my-{name}", tokenizer="toy", source="t", provenance={})
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    marks = {
        "shaw": "from my-shaw, but value vectors random, seed 123",
        "t5": "from my-t5",
        "rope": "fixed by the formula, settings from my-rope",
        "transformer-xl": "random parameters, seed 123",
    }
    for name, mark in marks.items():
        at = look("Scores", [name], model=f"my-{name}", text="fox jumps")
        assert not at.exception
        assert badges(at) == [mark]
        assert (SENTENCE in words(at)) == ("random" in mark)


@dataclass(frozen=True, slots=True)
class MadeUp(Alibi):
    name: ClassVar[str] = "made-up"
    is_real: ClassVar[bool] = False  # else messages of other tests would offer it
    seed: int = 123


def test_a_made_up_scheme_is_marked_by_its_own_declaration(monkeypatch):
    declared = Declaration(scheme=MadeUp, title="Made up", outputs={}, table="position table")
    monkeypatch.setitem(SCHEMES, "made-up", declared)
    assert origins.marked(Chosen(MadeUp(seed=5))) == "Made up (random parameters, seed 5)"
    assert origins.marked(Chosen(MadeUp(), model="mine")) == "Made up (from mine)"


@pytest.mark.parametrize("name", SCHEMES)
def test_what_no_file_holds_is_what_a_scheme_draws_beside_a_files_table(name, monkeypatch):
    drawn = []

    def record(seed, *shape, turn=0):
        del seed, turn
        drawn.append(shape)
        return np.ones(shape, np.float32)

    for module in ("attention", "shaw", "transformer_xl"):
        monkeypatch.setattr(f"embedcore.schemes.{module}.drawn", record)
    heads, tokens = Heads(2), Tokens.of(np.ones((3, 8), np.float32))

    def run(scheme):
        drawn.clear()
        scheme.strips(0, np.arange(3), 8, heads)
        scheme.attend(tokens, tokens, heads)
        return list(drawn)

    if name == "learned":
        return  # it has no numbers but a file's
    declared = SCHEMES[name]
    scheme = as_declared(name, Place(d_model=8, context_length=9, n_heads=2))
    shapes = run(scheme)
    assert (declared.origin(is_of_model=False) == "random") == bool(shapes)
    if declared.table == "position table":  # as a model's file has it
        assert bool(run(replace(scheme, table=np.ones(shapes[0], np.float32)))) == bool(declared.never_in_a_file)
    else:
        assert bool(shapes) == bool(declared.never_in_a_file)
