"""Sentences on the input layer hold for every model: one without positions, one that scales and normalizes, the plain ones."""

import re

import numpy as np
import pytest

import embedcore
from tests.pages.apptest import ROOT, TEXT, charts, visit, words

PLAIN_SUM = "just as far as positions"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model without positions, and one with a scale, learned positions and a layer norm, as some families have."""
    import torch

    from embedcore.nn import SCHEMES, InputLayer
    from export.random import random_layer
    from export.writer import write_model

    path = tmp_path_factory.mktemp("models")
    options = {"n_vocab": 6, "d_model": 8, "context_length": 9, "seed": 1}
    bare = random_layer(**options, positions="none")
    learned = SCHEMES["learned"](torch.randn(9, 8, generator=torch.Generator().manual_seed(2)))
    norm = torch.nn.LayerNorm(8)
    layer = InputLayer(bare.table.detach(), learned, context_length=9, scale=3.0, layer_norm=norm)
    for name, made in (("bare", bare), ("normed", layer)):
        write_model(made, path / f"{name}.onnx", name=name, tokenizer="toy", source="t", provenance={})
    return path


@pytest.fixture
def tiny(folder, monkeypatch):
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", folder)
    return lambda name: embedcore.open_model(folder / f"{name}.onnx", provider="cpu")


def alts(at):
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def operators(at, index=0):
    notes = [note["text"] for note in charts(at)[index]["layout"]["annotations"]]
    return [text for text in notes if text in ("+", "=", "→")]


def test_a_model_without_positions_adds_none_on_any_page(tiny):
    text = "fox jumps over dog jumps"
    for page in ("overview.py", "sum.py", "batches.py", "neighbors.py"):
        at = visit(page, model="bare", max_length=2, batch_size=1, ask="this text", text=text)
        assert not at.exception
        said = words(at) + "\n".join([*(part.value for part in [*at.header, *at.latex]), *alts(at)])
        assert not re.search(
            r"position vectors? (are|is) the same|\+ `position|\+ \\text\{position|sums? with the positions", said
        ), page
        if page in ("sum.py", "batches.py"):
            assert "bare adds no position vectors: its input vectors are its token vectors" in said
        if page == "sum.py":
            assert "Where do positions act?" in [part.value for part in at.header]
            assert "for no position is added" in said
            assert re.search(
                r"\*\*Without positions\*\* (\d) of \1 rows are the same, .+"
                r"\*\*Of the input vectors\*\* \1 of \1 are: no position is added to them", said
            )  # fmt: skip
        if page in ("overview.py", "sum.py"):
            assert "Token vector = input vector" in said
        if page == "overview.py":
            assert operators(at) == ["="]
            assert "which are its input vectors too" in said


def test_a_model_that_normalizes_is_no_sum_on_any_page(tiny):
    model = tiny("normed")
    text = "fox jumps over jumps"
    layer = model.run(model.tokenizer.encode(text).token_ids)
    assert not np.allclose(layer.token_embeddings[0] + layer.position_embeddings, layer.input_embeddings[0])
    at = visit(model="normed", text=text, token=1)
    said = words(at) + "\n".join([*(part.value for part in [*at.header, *at.latex]), *alts(at)])
    assert "Token vector + position vector → input vector" in said
    assert operators(at) == ["+", "→"]
    assert "of the sum comes from the position" not in said
    assert f"input vector {np.linalg.norm(layer.input_embeddings[0, 1]):.3f}." in said
    said = words(visit("sum.py", model="normed", text=text))
    assert "it adds up to 100 %" not in said
    assert "normed also scales or normalizes" in said
    assert PLAIN_SUM not in said
    apart = re.search(
        r"stands at positions 1 and 3\. Its token vectors are ([\d.]+) apart, its input vectors ([\d.]+);", said
    )
    assert float(apart[1]) == 0
    assert float(apart[2]) == pytest.approx(
        np.linalg.norm(layer.input_embeddings[0, 1] - layer.input_embeddings[0, 3]), abs=1e-4
    )


@pytest.mark.parametrize("token", [None, 0, 5, 9])
def test_the_chosen_tokens_numbers_are_those_of_the_model(token, pydoc):
    layer = pydoc.run(pydoc.tokenizer.encode(TEXT).token_ids)
    place = 10 if token is None else token  # " cannot", the longest
    tokens, inputs = (values[0].astype(np.float64) for values in (layer.token_embeddings, layer.input_embeddings))
    positions = layer.position_embeddings.astype(np.float64)
    state = {} if token is None else {"token": token}
    said = words(visit("sum.py", text=TEXT, **state))
    match = re.search(r"token vector ([\d.]+), position vector ([\d.]+), their sum ([\d.]+); (−?\d+)% of the sum", said)
    lengths = [np.linalg.norm(rows[place]) for rows in (tokens, positions, inputs)]
    assert [float(number) for number in match.groups()[:3]] == pytest.approx(lengths, abs=6e-4)
    share = positions[place] @ inputs[place] / (inputs[place] @ inputs[place])
    assert int(match[4].replace("−", "-")) == pytest.approx(100 * share, abs=0.51)
    apart = re.search(
        r"stands at positions (\d+) and (\d+)\. .* input vectors ([\d.]+): just as far as positions \d+ and \d+, ([\d.]+)\.",
        said,
    )
    a, b = int(apart[1]), int(apart[2])
    assert layer.token_ids[0, a] == layer.token_ids[0, b]
    assert float(apart[3]) == pytest.approx(np.linalg.norm(inputs[a] - inputs[b]), abs=6e-5)
    assert float(apart[4]) == pytest.approx(np.linalg.norm(positions[a] - positions[b]), abs=6e-5)
    row = tokens[place]
    said = words(visit("lookup.py", text=TEXT, **state))
    match = re.search(r"id (\d+): 64 numbers from (-?[\d.]+) to ([\d.]+), length ([\d.]+)\.", said)
    assert int(match[1]) == layer.token_ids[0, place]
    assert [float(number) for number in match.groups()[1:]] == pytest.approx(
        [row.min(), row.max(), np.linalg.norm(row)], abs=6e-5
    )


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("The cat sat on the mat", "The mat sat on the cat", "6 of 6 rows are the same, bit for bit: the same bag of rows. Attention without a mask"),
        ("The cat sat", "The cat sat", "3 of 3 rows are the same, bit for bit: the sentences are the same, in the same order. **With positions** 3 of 3 are."),
        ("The cat", "A cat", "1 of 2 rows is the same, bit for bit. **With positions** 1 of 2 is."),
        ("The", "The cat", "1 of 2 rows is the same, bit for bit."),
    ],
)  # fmt: skip
def test_order_is_told_as_it_is(first, second, said):
    sentences = words(visit("sum.py", text=TEXT, first_sentence=first, second_sentence=second))
    assert said in sentences
    assert "no model could" not in sentences
    assert "all the model knows" not in sentences


def test_no_page_says_that_order_needs_positions():
    """A causal mask alone lets a decoder learn order (Haviv et al. 2022), as the card of “none” says."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        text = path.read_text()
        for untrue in (
            "no model could",
            "no attention could",
            "all the model knows",
            "something must tell",
            "all that the rest of a language model",
        ):
            assert untrue not in text, path
