"""The Positions page through Streamlit's own test runner: every view, every scheme, every knob, and bad input in place."""

import math
import re

import numpy as np
import pytest

from embedcore.contract import SCORE_ATOL, SCORE_RTOL
from embedcore.figures.color_scale import signed_range
from embedcore.schemes import Heads
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.rope_parameters import SCALINGS
from pages.views.positions.views import VIEWS
from tests import score_oracle
from tests.pages.apptest import TEXT, charts, typed, visit, words
from tests.seen import seen

ALL = list(SCHEME_OUTPUTS)
# What this page once said in place of query and key, causal mask, logarithmic, rotated, and all pairs.
PRIVATE = re.compile(
    r"\b(?:asks?|answers?|keys? behind|only behind|powers of ten|tokens? back|turned|stands? still|has it|−1: all|waves? that)\b"
)


def look(view, schemes=("learned", "alibi", "rope"), **state):
    return visit("positions.py", view=view, schemes=list(schemes), **({"text": TEXT} | state))


def rows(model):
    return model.run(model.tokenizer.encode(TEXT).token_ids).token_embeddings[0]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_every_scheme_in_terms_of_the_field(view):
    at = look(view, ALL)
    assert not at.exception
    assert [seen(error.value) for error in at.error] == []
    controls = [*at.number_input, *at.toggle, *at.selectbox, *at.text_input, *at.button_group]
    labels = [text for each in controls for text in (each.label, *getattr(each, "options", ()))]
    assert PRIVATE.findall("\n".join([words(at), *labels])) == []


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("view", ["Scores", "Rotation", "Formula and code"])
def test_every_view_draws_every_extension(view, scaling):
    at = look(view, ["rope"], scaling=scaling)
    assert not at.exception
    assert [seen(error.value) for error in at.error] == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", ["a", " ", "🙂🙃", "tuple " * 3000, "\x00\u202e", "<script>alert(1)</script> **x**"])
def test_every_view_takes_any_text(view, text):
    at = look(view, ALL, text=text)
    assert not at.exception
    assert at.session_state["text"] == text


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_takes_a_model_of_three_dimensions_and_says_what_does_not_fit(view):
    at = look(view, ALL, model="toy", text="fox jumps over dog")
    assert not at.exception
    said = "\n".join(seen(error.value) for error in at.error)
    assert "head_dim is 3, but sine and cosine come in pairs: choose a d_model of 2 or 4" in said


SCORED = ["none", "learned", "sinusoidal", "alibi", "rope"]


def test_scores_are_those_of_the_formulas(pydoc):
    at = look("Scores", SCORED, heads=2, head=1, one_scale=False)
    for chart, scheme in zip(charts(at), SCORED, strict=True):
        expected = score_oracle.scores(scheme, rows(pydoc), n_heads=2, head=1, table=pydoc.positions)
        np.testing.assert_allclose(typed(chart["data"][0]["z"]), expected, rtol=SCORE_RTOL, atol=SCORE_ATOL)
    at = look("Scores", ["none", "alibi", "rope"], heads=2, head=1, one_scale=False)
    at.button_group(key="shown").set_value("position's part").run()
    assert not typed(charts(at)[0]["data"][0]["z"]).any()
    bias = typed(charts(at)[1]["data"][0]["z"])
    assert bias[12, 0] == pytest.approx(-12 * 2**-8, abs=SCORE_ATOL)
    at.button_group(key="shown").set_value("attention").run()
    at.toggle(key="causal").set_value(True).run()
    attention = typed(charts(at)[2]["data"][0]["z"])
    np.testing.assert_allclose(attention.sum(axis=1), 1, rtol=0, atol=1e-6)
    assert not np.triu(attention, 1).any()


def test_a_frequency_is_scored_alone_in_every_view(pydoc):
    at = look("Scores", ["rope", "sinusoidal", "alibi"], pair=3, head=1)
    for chart, scheme in zip(charts(at), ("sinusoidal", "alibi", "rope"), strict=True):
        one, every = (score_oracle.scores(scheme, rows(pydoc), n_heads=4, head=1, pair=pair) for pair in (3, None))
        np.testing.assert_allclose(typed(chart["data"][0]["z"]), one, rtol=SCORE_RTOL, atol=SCORE_ATOL)
        assert (np.abs(one - every).max() > 0.1) == (scheme != "alibi")
    assert "Where a scheme has frequencies, only pair 3 of the head is shown." in words(at)
    for view in VIEWS:
        assert not look(view, ALL, pair=3).exception
    assert "pair 3" not in "".join(block.value for block in look("Formula and code", ["rope"], pair=3).code)


def test_one_scale_serves_all_until_each_has_its_own():
    shared = charts(look("Scores"))
    scores = [typed(chart["data"][0]["z"]) for chart in shared]
    assert {chart["layout"]["coloraxis"]["cmax"] for chart in shared} == {signed_range(*scores).limit}
    own = [chart["layout"]["coloraxis"]["cmax"] for chart in charts(look("Scores", one_scale=False))]
    assert own == [signed_range(values).limit for values in scores]
    assert len(set(own)) > 1


@pytest.mark.parametrize("text", [TEXT, "tuple list " * 100, "tuple list"])
def test_content_against_position_is_one_number_for_each_scheme(text, pydoc):
    """Of 200 places, 64 are compared, spread over all of them: the first 64 alone would give ALiBi a third of that."""
    said = words(look("Scores", SCORED, text=text))
    matches = re.findall(
        r"Position-to-content ratio: ([\d.]+)\*\* \(.+?\)\. .* two positions differs by ([\d.]+), .* same position by ([\d.]+) \(",
        said,
    )
    encoded = pydoc.tokenizer.encode(text)
    ids, longest = encoded.token_ids.tolist(), np.argmax([len(token) for token in encoded.token_bytes])
    places = sorted({index * (len(ids) - 1) // max(1, min(len(ids), 64) - 1) for index in range(min(len(ids), 64))})
    vectors, query = pydoc.table[list(dict.fromkeys(ids))], pydoc.table[ids[longest]]
    for numbers, scheme in zip(matches, SCORED, strict=True):
        options = {"n_heads": 4, "head": 0, "table": pydoc.positions}
        table = np.array(
            [
                [score_oracle.score(scheme, query, key, places[-1], place, **options) for place in places]
                for key in vectors
            ]
        )
        by_place = math.sqrt(np.mean([score_oracle.root_mean_square(row) ** 2 for row in table]))
        by_token = math.sqrt(np.mean([score_oracle.root_mean_square(row) ** 2 for row in table.T]))
        assert float(numbers[1]) == pytest.approx(by_place, rel=1e-4, abs=6e-5)
        assert float(numbers[2]) == pytest.approx(by_token, rel=1e-4, abs=6e-5)
        assert float(numbers[0]) == pytest.approx(by_place / by_token, rel=1e-4, abs=6e-4)


def test_one_token_is_no_ground_to_compare_position_with_content():
    said = words(look("Scores", ["none", "alibi"], text="list"))
    assert said.count("The text repeats one token only, so position and content cannot be compared.") == 2


def test_distance_goes_far_beyond_the_text_and_says_where_a_table_ends(pydoc):
    at = look("Distance", ["learned", "alibi"])
    learned, alibi = (typed(trace["y"]) for trace in charts(at)[0]["data"])
    assert len(learned) == 255  # from 1, on a logarithmic axis
    assert len(alibi) == 4096
    np.testing.assert_allclose(alibi, -0.25 * np.arange(1, 4097), rtol=SCORE_RTOL, atol=SCORE_ATOL)
    query, options = rows(pydoc)[10], {"n_heads": 4, "head": 0, "table": pydoc.positions}
    content = score_oracle.score("none", query, query, 0, 0, **options)
    expected = [
        score_oracle.score("learned", query, query, 255, 255 - back, **options) - content for back in range(1, 256)
    ]
    np.testing.assert_allclose(learned, expected, rtol=1e-4, atol=1e-4)
    assert "The axis ends 12 below the highest value: a score there gets 6 millionths" in words(at)
    assert "The file has 256 positions of Learned, so its line ends at a distance of 255 tokens" in words(at)
    at.number_input(key="reach").set_value(10_000).run()
    assert len(typed(charts(at)[0]["data"][1]["y"])) <= 8192
    assert typed(charts(at)[0]["data"][1]["x"])[-1] == 10_000
    n_drawn = len(typed(charts(at)[0]["data"][1]["x"]))
    assert f"Of 10,001 distances {n_drawn:,} are drawn; the table holds them all." in words(at)
    at.button_group(key="part").set_value("score").run()
    assert typed(charts(at)[0]["data"][1]["y"])[0] > 0


def test_a_frequency_is_drawn_alone():
    at = look("Distance", ["rope"], pair=0, part="score", log=False)
    wave = typed(charts(at)[0]["data"][0]["y"]).astype(np.float64)
    np.testing.assert_allclose(wave, wave[0] * np.cos(np.arange(4097)), rtol=0, atol=2e-4 * abs(wave[0]))


def test_the_clocks_hands_are_cosine_and_sine_of_the_place():
    at = look("Rotation", ["rope"], place=5)
    hand = charts(at)[0]["data"][2]
    assert hand["x"][1] == pytest.approx(np.cos(5), abs=1e-6)
    assert hand["y"][1] == pytest.approx(np.sin(5), abs=1e-6)
    second = charts(at)[0]["data"][5]  # pair 2 of 8
    assert second["x"][1] == pytest.approx(np.cos(5 * 10_000 ** (-2 / 8)), abs=1e-6)
    assert second["y"][1] == pytest.approx(np.sin(5 * 10_000 ** (-2 / 8)), abs=1e-6)
    assert "rotated by 5 × 1.0000 rad; without full turns that is **286.5°**" in words(at)
    at.number_input(key="place").set_value(2).run()
    assert charts(at)[0]["data"][2]["x"][1] == pytest.approx(np.cos(2), abs=1e-6)
    lines = {trace["name"]: typed(trace["y"]) for trace in charts(at)[3]["data"]}
    plain, linear = list(lines.values())[:2]
    assert len(lines) == len(SCALINGS)
    np.testing.assert_allclose(plain, 2 * np.pi * 10_000 ** (np.arange(8) / 8))
    np.testing.assert_allclose(linear, 4 * plain)


def test_queries_are_drawn_before_and_after_the_turn(pydoc):
    at = look("Rotation", ["rope"], scaling="yarn", head=2, token=5)
    strips = [typed(trace["z"]).astype(np.float64) for trace in charts(at)[2]["data"]]
    np.testing.assert_allclose(strips[0], Heads(4, head=2).split(rows(pydoc))[0], rtol=0, atol=0)
    factor = 0.1 * np.log(4) + 1
    for place in (0, 5, 12):
        first, second = strips[0][place, 0], strips[0][place, 8]  # pair 0 turns by one radian per place
        turned = factor * (first * np.cos(place) - second * np.sin(place))
        assert strips[1][place, 0] == pytest.approx(turned, abs=1e-5)
    lengths = np.linalg.norm(strips[1], axis=1) / np.linalg.norm(strips[0], axis=1)
    np.testing.assert_allclose(lengths, factor, rtol=1e-5, atol=0)
    assert (
        f"has length {np.linalg.norm(strips[0][5]):.4f} before and {np.linalg.norm(strips[1][5]):.4f} after"
        in words(at)
    )


def test_an_extension_that_does_not_fit_is_told_and_the_others_drawn():
    at = look("Rotation", ["rope"], heads=32)
    assert not at.exception
    assert [seen(error.value) for error in at.error] == ["head_dim is 2, but the NTK-aware base needs 4 or more: choose fewer heads"] * 3  # fmt: skip
    assert len(charts(at)[-1]["data"]) == len(SCALINGS) - 3


def test_a_head_that_turns_in_part_is_told_and_the_rest_of_it_stays():
    at = look("Rotation", ["rope"], rope_rotary_dim=4)
    assert not at.exception
    assert "The first 4 of the 16 dimensions of a head are rotated, and the other 12 are not." in words(at)
    before, after = (typed(trace["z"]) for trace in charts(at)[1]["data"][:2])
    np.testing.assert_array_equal(before[:, 4:], after[:, 4:])
    assert np.abs(before[1:, :4] - after[1:, :4]).max() > 0.1


def test_pairs_that_stand_still_are_told_and_have_no_point():
    at = look("Rotation", ["rope"], scaling="proportional", rope_proportion=0.5)
    assert not at.exception
    assert "4 of 8 pairs have frequency 0 and are not rotated." in words(at)
    wavelengths = typed(charts(at)[3]["data"][list(SCALINGS).index("proportional")]["y"])
    assert np.isfinite(wavelengths).tolist() == [True] * 4 + [False] * 4
    assert "not rotated" in str(charts(at)[1]["layout"]["annotations"])


def test_the_terms_of_a_score_are_drawn_and_add_up():
    at = look("Scores", ["transformer-xl", "rope"], shown="terms")
    *terms, score = [typed(trace["z"]) for trace in charts(at)[0]["data"]]
    assert len(terms) == 4
    np.testing.assert_allclose(sum(terms), score, rtol=SCORE_RTOL, atol=SCORE_ATOL)
    assert "The score of this scheme is one product and not a sum of terms." in words(at)
    match = re.search(r"\(a\) (-?[\d.]+) \+ \(b\) (-?[\d.]+) \+ \(c\) (-?[\d.]+) \+ \(d\) (-?[\d.]+) = \*\*(-?[\d.]+)\*\*", words(at))  # fmt: skip
    numbers = [float(number) for number in match.groups()]
    assert sum(numbers[:4]) == pytest.approx(numbers[4], abs=3e-4)
    assert numbers[4] == pytest.approx(float(score[10, 0]), abs=1e-4)


def test_word_order_differs_with_every_scheme_but_none(pydoc):
    said = words(look("Word order", ["none", "learned", "alibi", "rope"]))
    assert "**Without positions** all 36 of 36 scores" in said
    assert "All 36 scores are the same: nothing differs." in said
    first, second = (
        pydoc.tokenizer.encode(text).token_ids.tolist()
        for text in ("The list is in the tuple", "The tuple is in the list")
    )
    places = [second.index(token_id) for token_id in first]  # no token stands twice
    matches = re.findall(
        r"\*\*(\d+) of 36 scores differ\*\*; the score of `[^`]+` with `[^`]+` changes most, by ([+-][\d.]+)\.", said
    )
    for (n_different, largest), scheme in zip(matches, ("learned", "alibi", "rope"), strict=True):
        options = {"n_heads": 4, "head": 0, "table": pydoc.positions}
        before, after = (score_oracle.scores(scheme, pydoc.table[ids], **options) for ids in (first, second))
        difference = after[np.ix_(places, places)] - before
        assert int(n_different) == (np.abs(difference) > 1e-4).sum()
        assert abs(float(largest)) == pytest.approx(np.abs(difference).max(), abs=1e-4)
        assert np.abs(difference - float(largest)).min() < 1e-4  # with its sign; two may differ by as much
    assert "attention without a mask gives each token the same result in both sentences" in said
    assert "no attention could" not in said
    assert "4 of 6 input vectors are the same" in said


def test_other_words_are_named_in_place_and_kept():
    at = look("Word order")
    at.text_input(key="second_sentence").set_value("The tuple is in the dict").run()
    assert not at.exception
    assert "1 and 1 tokens of their own, of 6 and 6" in words(at)
    assert at.text_input(key="second_sentence").value == "The tuple is in the dict"


def test_the_whole_table_is_the_models_and_the_waves_take_any_size(pydoc):
    at = look("Whole table", ["learned", "sinusoidal"], base=100.0)
    np.testing.assert_array_equal(typed(charts(at)[0]["data"][0]["z"]), pydoc.positions)
    at.number_input(key="n_positions").set_value(9).run()
    at.number_input(key="waves_d_model").set_value(4).run()
    waves = typed(charts(at)[2]["data"][0]["z"])
    assert waves.shape == (9, 4)
    np.testing.assert_allclose(waves[:, 2], np.sin(np.arange(9) / 100**0.5), rtol=0, atol=1e-6)
    at.number_input(key="n_positions").set_value(1000).run()
    table, alike = (charts(at)[index]["data"][0] for index in (2, 3))
    for axis in (table["y"], alike["x"], alike["y"]):
        np.testing.assert_array_equal(typed(axis), np.arange(0, 1000, 4))
    every = np.array(
        [[np.sin(place), np.cos(place), np.sin(place / 10), np.cos(place / 10)] for place in range(0, 1000, 4)]
    )
    np.testing.assert_allclose(typed(table["z"]), every, rtol=0, atol=1e-6)
    np.testing.assert_allclose(typed(alike["z"]), every @ every.T / 2, rtol=0, atol=1e-6)
    assert "One position in 4 is drawn, 250 of 1,000; the table of numbers holds all position vectors." in words(at)
    at.number_input(key="waves_d_model").set_value(5).run()
    assert "d_model is 5, but sine and cosine come in pairs: choose an even width, 6 say" in words(at)


def test_every_axis_says_what_it_shows():
    def titles(at):
        layouts = [chart["layout"] for chart in charts(at)]
        axes = [
            part["title"].get("text", "")
            for layout in layouts
            for name, part in layout.items()
            if "axis" in name and part.get("title")
        ]
        return {*axes, *(note["text"] for layout in layouts for note in layout.get("annotations", ()))}

    distance = titles(look("Distance", ["alibi"]))
    assert {"distance from query back to key (tokens)", "positional part of the score"} <= distance
    rotation = titles(look("Rotation", ["rope"]))
    assert {"cosine", "sine", "pair of dimensions", "positions per full turn"} <= rotation
    assert "pair 0, wavelength<br>6.3 positions per turn" in rotation
    whole = titles(look("Whole table", ["learned"]))
    assert {"dimension", "position", "position vectors", "cosine similarity of two positions"} <= whole
    assert {"query", "key"} <= titles(look("Scores", ["alibi"]))


def test_no_scheme_and_no_text_are_told():
    assert "Choose at least one scheme" in words(look("Scores", []))
    assert "Write something" in words(look("Scores", text=""))


def test_learned_positions_that_the_file_does_not_carry_are_named(tmp_path, monkeypatch):
    from export.random import random_layer
    from export.writer import write_model

    for name, parameters in (("rope", {"n_heads": 2, "base": 500.0}), ("t5", {"n_heads": 2, "n_buckets": 8, "max_distance": 20, "is_bidirectional": True})):  # fmt: skip
        layer = random_layer(n_vocab=6, d_model=8, context_length=9, seed=1, positions=name, **parameters)
        write_model(layer, tmp_path / f"my-{name}.onnx", name=f"my-{name}", tokenizer="toy", source="t", provenance={})
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", tmp_path)
    at = look("What is given", ["learned", "rope"], model="my-rope", text="fox jumps")
    assert not at.exception
    assert "my-rope carries the scheme 'rope', and 0 learned positions" in words(at)
    assert "fixed by the formula, settings from my-rope" in words(at)
    assert at.number_input(key="heads").value == 2
    assert "rope_base" not in at.session_state  # the file's numbers, until the reader turns them off
    at.toggle(key="carried").set_value(False).run()
    assert at.number_input(key="rope_base").value == 10_000
    at = look("What is given", ["t5"], model="my-t5", text="fox jumps")
    bias = typed(charts(at)[0]["data"][0]["z"])
    import embedcore

    model = embedcore.open_model(tmp_path / "my-t5.onnx")
    expected = model.run(model.tokenizer.encode("fox jumps").token_ids).extras["attention_bias"][:, 1].T
    np.testing.assert_array_equal(bias, expected)
    for page in ("overview.py", "sum.py", "lookup.py", "map.py", "batches.py", "tokens.py"):
        assert not visit(page, model="my-t5", text="fox jumps").exception
