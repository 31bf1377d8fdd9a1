"""Links: no query ends in an exception, and the address that a page leaves is what it shows."""

import random
import re

import numpy as np
import pytest

from embedcore.model.id_sets import pack_ids
from pages.shared.parameter import Kind, is_possible
from pages.shared.parameters import PARAMETERS
from pages.shared.text_in_link import in_link, is_packed
from tests.pages.apptest import PAGES, by_link, words

pytestmark = pytest.mark.usefixtures("own_cache")
# What a link may hold where a number, a choice, a switch or a text is asked for.
ODD = (
    *("", " ", "Infinity", "-Infinity", "1e309", "-1e309", "NaN", "nan", "1e308", "-1e308", "5e-324", "1e-400", "2.5", "-0", "0", "1", "-1"),
    *("٣", "３", "𝟛", "²", "+3", " 3", "3 ", "0x10", "1_0", "1e3", "9" * 20, "-" + "9" * 20, "9007199254740993", "4294967296", "2147483648", "9" * 400),
    *("\x00", "\ufffd", "\u202e", "a" * 250, "a" * 5_000, "\n", "a\nb", "[", "(?", "\\", "`", "%", "&", "<b>", "[x](http://y)", ":material/home:"),
    *("true", "TRUE", "yes", "null", "None", "[]", "{}", "1,2,3", "0,0,0,0,0", "1,-9,9,-9,9", "0,1,2,3", "0,1,2,3,4,zz", "eJwDAAAAAAE="),
    *("~zlib~", "~zlib~!", "~zlib~eJwDAAAAAAE", in_link("long text " * 300), in_link("long text " * 300)[:-9], "~tab~x"),
)  # fmt: skip
# Names that no control has: of the session's own state, of charts, of Streamlit, of trackers.
FOREIGN = ("_picked", "_box", "_links_run", "_link_notices", "map_chart", "map_overlay", "overview_chips", "flagged_list", "embed",
           "embed_options", "threshold of norm", "utm_source", "", "a b", "٣", "Model", "model[]")  # fmt: skip
# The quick ones often.
WEIGHTS = {"overview.py": 4, "tokens.py": 4, "batches.py": 5, "lookup.py": 4, "positions.py": 6, "sum.py": 4, "map.py": 5,
           "neighbors.py": 4, "audit.py": 2}  # fmt: skip


def values_of(at):
    """Return the parameters that a page has, each with what its control offers or shows."""
    boxes = {box.key: box.options for box in at.selectbox}
    buttons = {group.key: list(group.options) for group in at.button_group}
    plain = {
        each.key: [str(each.value).lower() if isinstance(each.value, bool) else str(each.value)]
        for each in (*at.number_input, *at.toggle, *at.text_input)
    }
    return boxes | buttons | plain


@pytest.fixture(scope="module")
def offered():
    """Return what every page offers, by page and parameter."""
    values = {page: values_of(by_link(page)) for page in PAGES}
    assert set(WEIGHTS) == set(values)
    assert not {name for names in values.values() for name in names} - set(PARAMETERS)
    return values


def odd_links(offered, n, seed):
    """Draw `n` links: parameters of the page, of others, of none; values that fit, that do not, that come twice."""
    draw = random.Random(seed)
    options = [value for names in offered.values() for values in names.values() for value in values]
    for _ in range(n):
        page = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        own = list(offered[page])
        params = {}
        for _ in range(draw.randint(1, 6)):
            name = draw.choices((draw.choice(own), draw.choice(list(PARAMETERS)), draw.choice(FOREIGN)), (6, 4, 1))[0]
            fitting = offered[page].get(name, ["1"])

            def value(fitting=fitting):
                return draw.choices((draw.choice(ODD), draw.choice(fitting), draw.choice(options)), (5, 4, 2))[0]

            params[name] = [value(), value()] if draw.random() < 0.15 else value()
        yield page, params


def check(page, params):
    at = by_link(page, **params)
    assert not at.exception, (page, params, at.exception[0].value)
    address = {name: [value] if isinstance(value, str) else value for name, value in at.query_params.items()}
    address = {name: values for name, values in address.items() if name not in {"embed", "embed_options"}}
    for name, values in address.items():
        assert name in PARAMETERS, (page, params)
        assert all(is_possible(PARAMETERS[name].kind, value) for value in values), (page, params, name)
        assert len(values) == 1 or PARAMETERS[name].kind is Kind.SEVERAL, (page, params, name)
    return at, address


def test_no_link_ends_in_an_exception(offered):
    for page, params in odd_links(offered, 200, seed=16):
        check(page, params)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_no_link_of_five_thousand_ends_in_an_exception(offered, part):
    for page, params in odd_links(offered, 500, seed=2026 + part):
        check(page, params)


# Every parameter beside what must be on the page for it to be drawn, at a value that is not its default.
STATES = {
    "overview.py": [
        {"model": "random-gpt2", "provider": "cpu", "text": "fox jumps over dog", "token": "3", "walk": "1"},
        {"write": "token ids", "ids": "464, 1351, 5"},
        {"text": "a b " * 240, "first": "100", "token": "120"},
        {"text": in_link("tuple list " * 200), "first": "3", "token": "120"},
        {"write": "token ids", "ids": in_link("464, 1351, " * 200)},
    ],
    "tokens.py": [{"left": "o200k_base", "right": "r50k_base", "more": ["p50k_base", "cl100k_base"], "by": "regex", "query": "^ [A-Z]", "token": "5", "special": "true"}],
    "batches.py": [
        {"batches_of": "my text", "model": "toy", "text": "fox jumps over dog over lazy dog over lazy", "max_length": "2", "stride": "1",
         "batch_size": "2", "drop_last": "true", "shuffle": "true", "shuffle_seed": "7", "batch": "1", "sample": "1"},
    ],
    "lookup.py": [{"token": "5"}],
    "positions.py": [
        {"schemes": ["sinusoidal", "shaw", "transformer-xl", "bert-relative-key", "bert-relative-key-query", "deberta", "t5", "alibi"], "scheme_seed": "9", "alibi_bias_max": "16",
         "heads": "2", "head": "1", "pair": "3", "normalize": "false", "base": "500.5", "wave_layout": "halves", "row_scale": "false", "shaw_distance": "3",
         "xl_base": "1e-05", "xl_wave_layout": "halves", "bert_distance": "40", "bert_query_distance": "41", "deberta_distance": "30", "deberta_buckets": "12", "deberta_released": "false",
         "t5_buckets": "16", "t5_distance": "64", "t5_both": "false", "view": "Scores", "shown": "attention", "one_scale": "false",
         "causal": "true"},
        {"schemes": "rope", "view": "Rotation", "rope_base": "20000", "layout": "interleaved", "rope_rotary_dim": "8", "scaling": "yarn", "rope_factor": "3",
         "rope_original_length": "128", "rope_beta_fast": "16", "rope_beta_slow": "2", "rope_attention_factor": "1.5", "place": "4",
         "first_pair": "1", "target": "999"},
        {"schemes": "rope", "scaling": "yarn", "rope_is_truncated": "false", "rope_mscale": "0.7", "rope_mscale_all_dim": "0.5"},
        {"schemes": "rope", "scaling": "proportional", "rope_proportion": "0.5"},
        {"schemes": "rope", "scaling": "longrope", "rope_short_mscale": "1.5", "rope_long_mscale": "1.25"},
        {"schemes": "rope", "scaling": "llama3", "rope_low_frequency_factor": "2", "rope_high_frequency_factor": "8"},
        {"schemes": "rope", "scaling": "longrope", "rope_short_factors": "2", "rope_long_factors": "3"},
        {"view": "Distance", "part": "score", "reach": "100", "log": "false", "low": "true"},
        {"view": "Word order", "first_sentence": "a b", "second_sentence": "b a"},
        {"view": "Whole table", "schemes": "sinusoidal", "n_positions": "20", "waves_d_model": "32"},
        {"schemes": ""},
        {"model": "smollm2-135m", "view": "Scores", "shown": "attention", "head": "5"},
        {"model": "smollm2-135m", "block": "false", "view": "Scores"},
    ],
    "sum.py": [{"first_sentence": "a b", "second_sentence": "b a", "token": "2"}],
    "map.py": [
        {"dimensions": "3-D", "pc_x": "4", "pc_y": "5", "pc_z": "6", "rows": "trained", "color": "norm", "labels": "false", "ties": "true",
         "tied": "1351", "show_text": "false", "show_positions": "true", "find": "^ li", "find_by": "regex"},
        {"method": "own axes", "axis_x": "dog - cat", "axis_y": "#5 - #6", "box": "0,-9000,9000,-9000,9000", "zoom": "-1,1,-2,2"},
        {"compare": "true", "model2": "random-gpt2", "method2": "own axes", "axis_x2": "dog - cat", "axis_y2": "#5 - #6",
         "stage2": "sums at position 0", "align": "true", "box": "1,-9000,9000,-9000,9000", "zoom2": "-1,1,-2,2"},
        {"compare": "true", "dimensions": "3-D", "pc_x2": "4", "pc_y2": "5", "pc_z2": "6", "stage": "sums at position 0"},
        {"rows": "picked", "picked": pack_ids(np.arange(100, 140), 50_257)},
        {"method": "own axes", "dimensions": "3-D", "axis_z": "dog - cat", "compare": "true", "method2": "own axes", "axis_z2": "cat - dog"},
        # Not computed: what is asked of the map waits for it.
        {"method": "UMAP", "map_seed": "5", "find": "list", "ties": "true", "tied": "9", "box": "0,1,2,3,4"},
        {"compare": "true", "method2": "UMAP", "map_seed2": "5", "align": "true", "box": "1,1,2,3,4"},
    ],
    "neighbors.py": [
        {"id": "500", "k": "7", "metric": "dot", "trained_only": "true", "find_by": "bytes", "find_token": "e2 80"},
        {"ask": "this text", "near_kind": "input vector", "token": "3"},
        {"ask": "an expression", "expression": "king - man"},
    ],
    "audit.py": [{"indicator": "distance", "category": "reachable", "threshold": "0.3", "log_rows": "false"}],
}  # fmt: skip
# Of models that have them: an output table, a scheme of the model's own.
ELSEWHERE = {"table", "carried"}


def test_every_parameter_is_in_some_state():
    named = {name for states in STATES.values() for state in states for name in state}
    assert named | ELSEWHERE == set(PARAMETERS)


def address_of(at):
    return {name: [value] if isinstance(value, str) else list(value) for name, value in at.query_params.items()}


def shown(at):
    """Return what a page says and the state of its controls: all that a reader sees but its pictures."""
    controls = {
        each.key: each.value for each in (*at.number_input, *at.toggle, *at.text_input, *at.selectbox, *at.slider)
    }
    controls |= {group.key: group.value for group in at.button_group}
    said = [re.sub(r"took [\d.]+ ms", "", each.value) for each in (*at.markdown, *at.caption, *at.error)]
    return controls, [part for part in said if "style" not in part], [frame.value.to_csv() for frame in at.dataframe]


@pytest.mark.parametrize(("page", "state"), [(page, state) for page, states in STATES.items() for state in states])
def test_the_address_is_what_the_page_shows(page, state):
    """A link is kept as it is; another session sees the same by it; so does one that leaves the page and comes back."""
    at = by_link(page, **state)
    assert not at.exception
    wanted = {name: [value] if isinstance(value, str) else value for name, value in state.items()}
    assert address_of(at) == wanted
    assert not [each.value for each in at.warning if "The link" in each.value]
    seen = shown(at)
    other = "lookup.py" if page != "lookup.py" else "tokens.py"
    # What the browser takes along to another page: what is bound there, in the bar.
    at.query_params = {name: state[name] for name in ("model", "write", "provider") if name in state}
    at.switch_page(other).run()
    assert not set(address_of(at)) - {"model", "write", "provider", "text", "ids", "token", "first", "walk"}
    at.query_params = {name: state[name] for name in ("model", "write", "provider") if name in state}
    at.switch_page(page).run()
    assert address_of(at) == wanted
    assert shown(at) == seen


def change_one(at, draw):
    """Change one control of a page at random, as a reader would; return its key."""
    choices = [("choice", each) for each in at.selectbox] + [("switch", each) for each in at.toggle]
    choices += [("buttons", each) for each in at.button_group] + [("number", each) for each in at.number_input]
    choices += [("line", each) for each in at.text_input] + [("slide", each) for each in at.slider]
    kind, control = draw.choice([(kind, each) for kind, each in choices if not each.disabled])
    if kind == "choice":
        control.set_value(draw.choice([option for option in control.options if option != "cuda"]))
    elif kind == "switch":
        control.set_value(not control.value)
    elif kind == "buttons":
        several = isinstance(control.value, list)
        control.set_value(draw.sample(control.options, 2) if several else draw.choice(control.options))
    elif kind == "line":
        control.set_value(draw.choice([" list", "dog", "#1 - #2", "2", ""]))
    else:
        low, high = (control.min, control.max) if control.max is not None else (1, 9)
        value = low + (min(high, low + 200) - low) * draw.choice([0.0, 0.1, 0.5])
        control.set_value(round(value) if kind == "number" and control.step == 1 else round(value, 2))
    return control.key


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 9))])
@pytest.mark.parametrize("page", PAGES)
def test_whatever_is_changed_the_address_follows(page, seed):
    """After a change, a new session sees by the address what this one sees: also defaults that change with another control."""
    draw, at, changed = random.Random(f"{page} {seed}"), by_link(page, text="fox jumps over dog"), []
    for step in range(8):
        changed.append(change_one(at, draw))
        at.run()
        assert not at.exception, changed
        if step % 2:
            other = by_link(page, **address_of(at))
            assert not [each.value for each in other.warning if "The link" in each.value], changed
            assert address_of(other) == address_of(at), changed
            assert shown(other)[0] == shown(at)[0], changed


def test_a_selection_too_long_for_the_link_takes_an_older_one_out_of_it():
    few = pack_ids(np.arange(100, 140), 50_257)
    at = by_link("map.py", rows="picked", picked=few)
    assert at.query_params == {"rows": "picked", "picked": few}
    at.selectbox(key="rows").set_value("all").run()
    assert at.query_params == {}
    at.session_state["_box"] = "0,-12000,12000,-12000,12000"
    at.run()
    at.button(key="map_picked0").click().run()
    assert at.query_params == {"rows": "picked"}
    assert re.search(r"The selection of [\d,]+ tokens is too long for a link: it is not part of it\.", words(at))
    other = by_link("map.py", **at.query_params)
    assert other.query_params == {}
    assert "The link is of a map of some tokens that were too many for it: it shows all rows instead." in words(other)


def test_a_long_text_is_in_the_link_with_its_places():
    at = by_link(text="tuple list " * 40, token="7")
    at.text_area(key="text").set_value("tuple list " * 200).run()
    at.number_input(key="first").set_value(3).run()
    assert at.query_params == {"text": in_link("tuple list " * 200), "token": "7", "first": "3"}
    assert is_packed(at.query_params["text"])
    other = by_link(**address_of(at))
    assert other.text_area(key="text").value == "tuple list " * 200
    assert shown(other) == shown(at)


def test_a_value_that_fits_no_more_leaves_the_address_with_a_word():
    for page, params, sentence in (
        ("map.py", {"box": "0,1,2,3,4,abcdef"}, "The box was drawn on another map"),
        ("tokens.py", {"k": "5"}, "The link asks for k = `'5'`, which this page does not show now: it is left out."),
        ("overview.py", {"first": "9"}, "The link asks for first = `'9'`, which this page does not show now"),
        ("sum.py", {"modle": "toy"}, "The link has `'modle'`, which is no setting of this app"),
        ("neighbors.py", {"k": ["2", "3"]}, "The link asks for k more than once: the last value counts."),
        ("positions.py", {"schemes": ["rope", "x"]}, "The link asks for schemes = `'x'`, which is not known here."),
        ("lookup.py", {"token": "99"}, "this text has tokens 0 to 12"),
    ):
        at, address = check(page, params)
        assert sentence in words(at), page
        assert address == {"neighbors.py": {"k": ["3"]}, "positions.py": {"schemes": ["rope"]}}.get(page, {})
