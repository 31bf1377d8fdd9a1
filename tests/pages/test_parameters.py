"""The one table of what a link can set: every widget stands in it, and whatever its labels are, a link holds ids alone."""

import numpy as np
import pytest

from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.rope_parameters import SCALINGS
from export.random import random_layer
from export.writer import write_model
from pages.shared import labels
from pages.shared.labels import LABELS, NAMES, label
from pages.shared.parameter import Kind, Parameter
from pages.shared.parameters import PAGES, PARAMETERS, name_today, table
from tests.pages.apptest import PAGES as FILES
from tests.pages.apptest import by_link, words
from tests.pages.test_links import STATES, address_of
from tests.small_models import small_table, write_small_model

pytestmark = pytest.mark.usefixtures("own_cache")


def widgets_of(at):
    """Return the widgets of a page that are in its link by themselves: key → widget."""
    kinds = (at.selectbox, at.button_group, at.number_input, at.toggle, at.text_input, at.text_area, at.slider)
    widgets = {each.key.split(" of ")[0]: each for kind in kinds for each in kind}
    assert len(widgets) == sum(map(len, kinds))
    return widgets


@pytest.fixture(scope="module")
def drawn():
    """Return what every page draws in some state: page → key → its options, or None for what is no choice."""
    schemes = [{"schemes": name} for name in SCHEME_OUTPUTS]
    scalings = [{"schemes": "rope", "scaling": name} for name in SCALINGS]
    every = {}
    for page in FILES:
        keys = every.setdefault(page.removesuffix(".py"), {})
        for state in [{}, *STATES[page], *((*schemes, *scalings) if page == "positions.py" else ())]:
            at = by_link(page, **state)
            assert not at.exception
            for key, widget in widgets_of(at).items():
                keys.setdefault(key, set()).update(getattr(widget, "options", ()))
    return every


def test_every_page_of_the_app_is_a_page_of_the_table():
    assert sorted(f"{page}.py" for page in PAGES) == FILES


def test_a_name_stands_in_the_table_once():
    row = Parameter("k", Kind.WHOLE, ("neighbors",), 20)
    assert set(table([row], [Parameter("l", Kind.WHOLE, ("map",), 1)])) == {"k", "l"}
    with pytest.raises(ValueError, match="two parameters 'k'"):
        table([row], [row])


def test_every_widget_stands_in_the_table_and_every_row_is_drawn_on_its_pages(drawn):
    """Two rows need a model of their own. Two more, given ids and a long text, are alike on all pages and seen on one."""
    elsewhere = {"table": {"audit"}, "carried": {"positions"}}
    elsewhere |= {name: set(PARAMETERS[name].pages) - {"overview"} for name in ("ids", "first")}
    pages = {name: {page for page, keys in drawn.items() if name in keys} for name in PARAMETERS}
    assert {key for keys in drawn.values() for key in keys} <= set(PARAMETERS)
    for name, parameter in PARAMETERS.items():
        if name not in {
            "token",
            "box",
            "picked",
            "walk",
            "zoom",
            "zoom2",
        }:  # chips, charts, the walk: no widgets with a key of their own
            assert pages[name] | elsewhere.get(name, set()) == set(parameter.pages), name


def test_what_needs_a_model_of_its_own_is_drawn_with_one(tmp_path, monkeypatch):
    layer = random_layer(n_vocab=6, d_model=8, context_length=9, seed=1, positions="rope", n_heads=2, base=500.0)
    write_model(layer, tmp_path / "own.onnx", name="own", tokenizer="toy", source="t", provenance={})
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    at = by_link("positions.py", model="own", text="fox jumps", schemes="rope", carried="false")
    assert at.toggle(key="carried").value is False
    write_small_model(tmp_path / "tied.onnx", seed=2)
    np.save(tmp_path / "tied.output.npy", small_table("toy", seed=3))
    at = by_link("audit.py", model="tied", text="fox jumps", table="output")
    assert not at.exception
    assert set(at.button_group(key="table").options) == set(LABELS["table"])
    assert at.query_params["table"] == "output"


@pytest.mark.parametrize("page", FILES)
def test_a_page_starts_at_the_defaults_of_the_table(page):
    at = by_link(page)
    for key, widget in widgets_of(at).items():
        if PARAMETERS[key].default is not None:
            at_first = PARAMETERS[key].default
            assert widget.value == (list(at_first) if PARAMETERS[key].kind is Kind.SEVERAL else at_first), key
    assert address_of(at) == {}


def test_every_option_has_a_label_of_its_own_or_is_a_name(drawn):
    numbers = {name for name, row in PARAMETERS.items() if row.kind is Kind.WHOLE}
    for keys in drawn.values():
        for key, options in keys.items():
            if options and key not in NAMES | numbers:
                assert options <= set(LABELS[key].values()), key
    assert not NAMES & set(LABELS)
    assert {name for name, row in PARAMETERS.items() if row.kind in {Kind.CHOICE, Kind.SEVERAL}} == NAMES | (
        set(LABELS) - numbers
    )
    for key, of_key in LABELS.items():
        assert len(set(of_key.values())) == len(of_key), key


@pytest.fixture
def other_labels(monkeypatch):
    monkeypatch.setattr(labels, "label", lambda key, option: f"{label(key, option)}‽")


@pytest.mark.parametrize(("page", "state"), [(page, state) for page, states in STATES.items() for state in states])
def test_another_label_leaves_the_address_as_it_is(page, state, other_labels):
    """A link of today opens the same view, whose address it is still; so it is after a visit to another page."""
    at = by_link(page, **state)
    assert not at.exception
    wanted = {name: [value] if isinstance(value, str) else value for name, value in state.items()}
    assert address_of(at) == wanted
    assert not [each.value for each in at.warning if "The link" in each.value]
    choices = [*at.selectbox, *at.button_group]
    assert choices
    assert all(option.endswith("‽") for choice in choices for option in choice.options)
    other = "lookup.py" if page != "lookup.py" else "tokens.py"
    at.switch_page(other).run()
    at.query_params = {}  # what is not bound does not come along
    at.switch_page(page).run()
    assert address_of(at) == wanted


@pytest.mark.parametrize("page", FILES)
def test_a_choice_by_another_label_is_in_the_address_by_its_id(page, other_labels):
    at = by_link(page)
    for key in [each.key for each in (*at.selectbox, *at.button_group)]:
        choice = next(each for each in (*at.selectbox, *at.button_group) if each.key == key)
        if key in {"model", "write", "provider"} or PARAMETERS[key].kind is Kind.SEVERAL:
            continue
        id_of = {name: each for each, name in LABELS.get(key, {}).items()}
        ids = [id_of.get(name, name) for name in (option.removesuffix("‽") for option in choice.options)]
        other = next((each for each in ids if each != str(choice.value) and each not in {"t-SNE", "UMAP"}), None)
        if other is None:
            continue
        first = choice.value
        choice.set_value(type(first)(other)).run()
        assert not at.exception
        assert address_of(at) == {key: [other]}, key
        next(each for each in (*at.selectbox, *at.button_group) if each.key == key).set_value(first).run()
        assert address_of(at) == {}, key


def test_what_is_not_among_the_ids_is_said_and_a_label_is_not_an_id(other_labels):
    at = by_link("neighbors.py", ask="a token‽")
    assert "The link asks for ask = `'a token‽'`, which is not known here" in words(at)
    assert address_of(at) == {}


@pytest.mark.parametrize(
    ("page", "link", "key", "today"),
    [
        ("batches.py", {"shuffle": "true", "seed": "5"}, "shuffle_seed",
         {"batches_of": ["a story"], "model": ["random-gpt2"], "drop_last": ["true"], "shuffle": ["true"], "shuffle_seed": ["5"]}),
        ("positions.py", {"schemes": "shaw", "seed": "5"}, "scheme_seed", {"schemes": ["shaw"], "scheme_seed": ["5"]}),
        ("map.py", {"method": "UMAP", "seed": "5"}, "map_seed", {"method": ["UMAP"], "map_seed": ["5"]}),
        ("map.py", {"compare": "true", "method2": "UMAP", "seed2": "5"}, "map_seed2",
         {"compare": ["true"], "method2": ["UMAP"], "map_seed2": ["5"]}),
    ],
)  # fmt: skip
def test_a_seed_of_an_older_link_sets_the_seed_of_its_page(page, link, key, today):
    at = by_link(page, **link)
    assert not at.exception
    assert at.number_input(key=key).value == 5
    assert address_of(at) == today
    assert "The link" not in words(at)


def test_a_former_name_says_nothing_beside_todays():
    at = by_link("batches.py", shuffle="true", seed="5", shuffle_seed="6")
    assert at.number_input(key="shuffle_seed").value == 6
    assert "The link" not in words(at)
    assert "seed" not in PARAMETERS
    assert name_today("seed", "map") == "map_seed"
    assert name_today("k", "map") == "k"
