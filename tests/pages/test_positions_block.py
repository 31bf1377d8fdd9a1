"""The Positions page on the queries and keys of block 1 that a model's file has, against formulas written by hand.

The oracle reads the outputs `queries` and `keys` that ONNX Runtime gives, and for what the file has no output of, its
stored weights; it turns, adds, masks and normalizes in float64.
"""

import re

import numpy as np
import pytest

import embedcore
from embedcore.contract import SCORE_ATOL, SCORE_RTOL
from pages.views.positions.views import VIEWS
from tests.pages.apptest import TEXT, by_link, charts, typed, words
from tests.pages.test_positions_page import look
from tests.seen import seen

NEAR = {"rtol": SCORE_RTOL, "atol": 10 * SCORE_ATOL}  # scores of trained queries are up to some tens


def outputs(name):
    model = embedcore.open_model(name, provider="cpu")
    layer = model.run(model.tokenizer.encode(TEXT).token_ids)
    queries, keys = (layer.extras[each][0].astype(np.float64) for each in ("queries", "keys"))
    return model, layer, queries, np.repeat(keys, len(queries) // len(keys), axis=0)


def rotated(vectors, base):
    """Turn the halves of each vector as complex numbers (Su et al. 2021, section 3.4.2)."""
    n, width = vectors.shape
    numbers = vectors[:, : width // 2] + 1j * vectors[:, width // 2 :]
    turned = numbers * np.exp(1j * np.arange(n)[:, None] * base ** (-np.arange(width // 2) * 2 / width))
    return np.concatenate((turned.real, turned.imag), axis=1)


def softmax(scores, *, is_causal):
    masked = np.where(np.tri(len(scores), dtype=bool) | (not is_causal), scores, -np.inf)
    powers = np.exp(masked - masked.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def slope(n_heads, head):
    """Return the slope of ALiBi by Press et al. 2022 for a number of heads that is no power of two, and its first heads."""
    power = 2 ** int(np.log2(n_heads))
    assert head < power
    return 2.0 ** (-8 * (head + 1) / power)


def drawn(chart):
    return typed(chart["data"][0]["z"])


def by_hand(model, rows):
    """Return queries and keys of minilm-l6 for rows before its norm, by its stored weights."""
    weights = model.step_weights

    def weight(name):
        blocks = weights[name].astype(np.float64)
        scales = weights.get(f"{name}.scales")
        return blocks if scales is None else (blocks * scales[..., None].astype(np.float64)).reshape(len(blocks), -1)

    (norm,) = [step for step in model.metadata.input_steps if step["kind"] == "layer_norm"]
    centered = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    normed = centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + norm["numbers"]["epsilon"])
    vectors = normed * weight(norm["weights"]["weight"]) + weight(norm["weights"]["bias"])
    made = []
    for steps in (model.metadata.query_steps, model.metadata.key_steps):
        (step,) = steps
        heads = vectors @ weight(step["weights"]["weight"]).T + weight(step["weights"]["bias"])
        made.append(heads.reshape(len(rows), 12, 32).transpose(1, 0, 2))
    return made


def test_a_rotary_model_is_scored_by_its_own_queries_and_keys():
    model, _, queries, keys = outputs("smollm2-135m")
    assert len(keys) == len(queries) == 9
    n, head = queries.shape[1], 5
    plain = queries[head] @ keys[head].T / 8
    turned = rotated(queries[head], 100_000.0) @ rotated(keys[head], 100_000.0).T / 8
    bias = -slope(9, head) * np.abs(np.arange(n)[:, None] - np.arange(n))
    at = look("Scores", ["none", "alibi", "rope"], model=model.name, head=head)
    assert not at.exception
    for chart, expected in zip(charts(at), (plain, plain + bias, turned), strict=True):
        np.testing.assert_allclose(drawn(chart), expected, **NEAR)
    said = words(at)
    assert "Queries and keys are those of block 1 of smollm2-135m" in said
    assert "9 query heads and 3 key heads: query head 5 reads key head 1" in said
    assert said.count("the model's own scheme") == 1
    assert "smollm2-135m was trained with Rotary (RoPE), so the other schemes" in said
    assert "An input layer has no attention weights" not in said
    at.button_group(key="shown").set_value("attention").run()
    with_positions, without = (softmax(scores, is_causal=True) for scores in (turned, plain))
    first, second, third, none, alibi = charts(at)
    for chart, expected in (
        (first, with_positions),
        (second, without),
        (third, with_positions - without),
        (none, without),
        (alibi, softmax(plain + bias, is_causal=True)),
    ):
        np.testing.assert_allclose(drawn(chart), expected, rtol=0, atol=1e-5)
    moved = np.abs(with_positions - without).sum() / 2 / n
    assert f"Positions move **{moved:.0%}** of the attention" in words(at)
    table = at.dataframe[0].value
    assert table["key head"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert table["attention that positions move"][head] == pytest.approx(moved, abs=1e-5)
    away = (with_positions * np.abs(np.arange(n)[:, None] - np.arange(n))).sum() / n
    assert table.iloc[head, 3] == pytest.approx(away, abs=1e-4)
    alts = [chart.proto.alt for chart in at.get("plotly_chart")][:3]
    assert all("attention weights of block 1 of smollm2-135m, head 5" in alt for alt in alts)
    assert "a causal mask hides every later token" in words(at)


def test_an_additive_model_is_scored_with_its_own_positions_and_others_without_them():
    model, layer, queries, keys = outputs("minilm-l6")
    n, head, root = queries.shape[1], 2, 32**0.5
    kind = model.step_weights[model.metadata.input_steps[0]["weights"]["row"]].astype(np.float64)
    asked, read = by_hand(model, layer.token_embeddings[0] + kind)
    plain = asked[head] @ read[head].T / root
    bias = -slope(12, head) * np.abs(np.arange(n)[:, None] - np.arange(n))
    own = queries[head] @ keys[head].T / root
    at = look("Scores", ["learned", "alibi", "rope"], model=model.name, head=head)
    assert not at.exception
    turned = rotated(asked[head], 10_000.0) @ rotated(read[head], 10_000.0).T / root
    for chart, expected in zip(charts(at), (own, plain + bias, turned), strict=True):
        np.testing.assert_allclose(drawn(chart), expected, **NEAR)
    said = words(at)
    assert (
        "ALiBi and Rotary (RoPE): queries and keys are made of the vectors without the position vectors that minilm-l6"
        in said
    )
    at.button_group(key="shown").set_value("attention").run()
    for chart, scores in zip(charts(at), (own, plain), strict=False):
        np.testing.assert_allclose(drawn(chart), softmax(scores, is_causal=False), rtol=0, atol=1e-5)
    assert "no mask: a query also sees the tokens after it" in words(at)


def test_distance_rotation_and_word_order_use_them_too():
    model, layer, queries, keys = outputs("smollm2-135m")
    at = look("Distance", ["alibi", "rope"], model=model.name, head=4, part="score", reach=50, log=False, token=3)
    asked, read = queries[4, 3], keys[4, 3]
    angles = np.arange(51)[:, None] * 100_000.0 ** (-np.arange(32) * 2 / 64)
    numbers = [vector[:32] + 1j * vector[32:] for vector in (asked, read)]
    expected = (np.exp(1j * angles) * (numbers[0] * numbers[1].conj())).real.sum(axis=1) / 8
    np.testing.assert_allclose(typed(charts(at)[0]["data"][1]["y"]), expected, **NEAR)
    assert "query head 4 reads key head 1" in words(at)
    at = look("Rotation", ["rope"], model=model.name, head=4)
    strips = [typed(trace["z"]) for chart in charts(at)[2:4] for trace in chart["data"]]
    turned = [rotated(vectors, 100_000.0) for vectors in (queries[4], keys[4])]
    for strip, vectors in zip(strips, (queries[4], turned[0], keys[4], turned[1]), strict=True):
        np.testing.assert_allclose(strip, vectors, rtol=1e-4, atol=1e-4)
    at = look("Word order", ["none", "rope"], model=model.name)
    both = [model.tokenizer.encode(text).token_ids for text in ("The list is in the tuple", "The tuple is in the list")]
    places = [both[1].tolist().index(token_id) for token_id in both[0]]
    scores = []
    for ids in both:
        extras = model.run(ids).extras
        scores.append(rotated(extras["queries"][0, 0], 1e5) @ rotated(extras["keys"][0, 0], 1e5).T / 8)
    np.testing.assert_allclose(drawn(charts(at)[1]), scores[1][np.ix_(places, places)] - scores[0], **NEAR)
    assert not np.abs(drawn(charts(at)[0])).max() > 1e-3
    assert layer.position_embeddings is None


def test_the_switch_gives_the_page_as_it_is_without_them():
    at = by_link("positions.py", model="smollm2-135m", view="Scores", schemes="rope", block="false", heads="3")
    assert not at.exception
    assert at.number_input(key="heads").value == 3
    assert at.toggle(key="normalize").value is True
    said = words(at)
    assert "The queries and keys of block 1 are switched off in the settings" in said
    assert "the model's own scheme" not in said
    rows = outputs("smollm2-135m")[1].token_embeddings[0].astype(np.float64)
    centered = rows - rows.mean(axis=1, keepdims=True)
    normed = (centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + 1e-5))[:, :192]
    turned = rotated(normed, 1e5)
    np.testing.assert_allclose(drawn(charts(at)[0]), turned @ turned.T / 192**0.5, **NEAR)
    at.toggle(key="block").set_value(True).run()
    assert "block" not in at.query_params
    assert not [box for box in at.number_input if box.key == "heads"]
    at.button_group(key="shown").set_value("attention").run()
    assert not [switch for switch in at.toggle if switch.key in ("causal", "normalize")]


def test_what_a_link_asks_that_the_file_decides_is_told():
    asked = {"heads": "3", "normalize": "false", "causal": "true"}
    at = by_link("positions.py", model="smollm2-135m", view="Scores", shown="attention", **asked)
    said = words(at)
    for name, value in asked.items():
        assert re.search(rf"The link asks for {name} = `'{value}'`, which .* block 1 are used: it is left out", said)
    at = by_link("positions.py", model="pydoc-gpt", block="false")
    assert (
        "The link asks for block = `'false'`, which needs a model whose file has the queries and keys of block 1"
        in words(at)
    )


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_every_scheme_of_a_model_with_queries(view):
    every = [
        "none",
        "sinusoidal",
        "shaw",
        "transformer-xl",
        "bert-relative-key-query",
        "deberta",
        "t5",
        "alibi",
        "rope",
    ]
    at = look(view, every, model="smollm2-135m", pair=3, shown="attention")
    assert not at.exception
    assert [seen(error.value) for error in at.error] == []


def test_the_pattern_of_a_long_text_is_of_some_queries_over_all_keys():
    text = "A list is like a tuple. " * 40
    at = look("Scores", ["rope"], model="smollm2-135m", shown="attention", text=text, token=0)
    assert not at.exception
    model = embedcore.open_model("smollm2-135m", provider="cpu")
    layer = model.run(model.tokenizer.encode(text).token_ids)
    queries, keys = layer.extras["queries"][0, 0], layer.extras["keys"][0, 0]
    weights = softmax(rotated(queries, 1e5) @ rotated(keys, 1e5).T / 8, is_causal=True)
    places = np.unique(np.linspace(0, len(queries) - 1, 96).astype(int))
    np.testing.assert_allclose(drawn(charts(at)[0]), weights[np.ix_(places, places)], rtol=0, atol=2e-5)
    assert f"96 of {len(queries)} tokens are drawn and stand in the tables" in words(at)
