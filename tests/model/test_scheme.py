"""A model's own scheme: a file with any scheme opens, gives what the contract names, and its scheme uses the file's own."""

import numpy as np
import onnx
import pytest
import torch

import embedcore
from embedcore import contract
from embedcore.errors import ModelFileError, SequenceTooLong, ShapeError
from embedcore.model.scheme import learned_of_model, scheme_of_model
from embedcore.nn import SCHEMES, InputLayer
from embedcore.schemes import Heads, NoPosition, Tokens
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from export.random import random_layer
from export.verify import verify
from export.writer import write_model
from tests.declared import others

D_MODEL, N_HEADS, LENGTH = 24, 3, 20
HEAD_DIM = D_MODEL // N_HEADS
ROPE = {"n_heads": N_HEADS, "base": 500.0, "layout": "half"}
HYPERPARAMETERS = {
    "none": {},
    "learned": {},
    "sinusoidal": {"base": 500.0},
    "shaw": {"n_heads": N_HEADS, "max_distance": 4},
    "transformer-xl": {"n_heads": N_HEADS, "base": 500.0},
    "bert-relative-key": {"n_heads": N_HEADS, "max_distance": 6},
    "bert-relative-key-query": {"n_heads": N_HEADS, "max_distance": 6},
    "deberta": {"n_heads": N_HEADS, "max_distance": 15, "n_buckets": 8},
    "t5": {"n_heads": N_HEADS, "n_buckets": 8, "max_distance": 20, "is_bidirectional": True},
    "alibi": {"n_heads": N_HEADS},
    "alibi steep": {"n_heads": N_HEADS, "bias_max": 16.0},
    "sinusoidal halves": {"base": 500.0, "wave_layout": "halves"},
    "transformer-xl halves": {"n_heads": N_HEADS, "base": 500.0, "wave_layout": "halves"},
    "rope": ROPE | {"scaling": "none"},
    "rope partial": ROPE | {"scaling": "none", "rotary_dim": 4},
    "rope partial dynamic": ROPE | {"scaling": "dynamic", "factor": 4.0, "original_length": 5, "rotary_dim": 4, "layout": "interleaved"},
    "rope stepped": ROPE | {"scaling": "stepped", "original_length": 5},
    "rope proportional": ROPE | {"scaling": "proportional", "proportion": 0.5},
    "rope yarn between": ROPE | {"scaling": "yarn", "original_length": 5, "beta_fast": 2.0, "beta_slow": 0.1, "is_truncated": False, "mscale": 0.7},
    "rope longrope mscale": ROPE | {"scaling": "longrope", "original_length": 5, "short_mscale": 1.25, "long_mscale": 1.5},
    "rope interleaved": ROPE | {"scaling": "none", "layout": "interleaved"},
    "rope linear": ROPE | {"scaling": "linear", "factor": 4.0},
    "rope ntk": ROPE | {"scaling": "ntk", "factor": 4.0},
    "rope dynamic": ROPE | {"scaling": "dynamic", "factor": 4.0, "original_length": 5},
    "rope yarn": ROPE | {"scaling": "yarn", "factor": 4.0, "original_length": 5, "beta_fast": 2.0, "beta_slow": 0.1},
    "rope llama3": ROPE | {"scaling": "llama3", "factor": 4.0, "original_length": 5, "low_frequency_factor": 0.1},
    "rope longrope": ROPE | {"scaling": "longrope", "factor": 4.0, "original_length": 5, "long_factors": (4.0, 3.0, 2.0, 9.0)},
}  # fmt: skip
HYPERPARAMETERS |= others({name.split(" ")[0] for name in HYPERPARAMETERS}, n_heads=N_HEADS, context_length=LENGTH)
SHAPES = {
    contract.POSITION_EMBEDDINGS: lambda n: (n, D_MODEL),
    contract.RELATIVE_EMBEDDINGS: lambda n: (2 * n - 1, HEAD_DIM),
    contract.ATTENTION_BIAS: lambda n: (N_HEADS, n, n),
    contract.ROTARY_COS: lambda n: (n, HEAD_DIM),
    contract.ROTARY_SIN: lambda n: (n, HEAD_DIM),
}


@pytest.fixture(scope="module", params=HYPERPARAMETERS)
def file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / f"{request.param.replace(' ', '-')}.onnx"
    scheme = request.param.split(" ")[0]
    layer = random_layer(
        n_vocab=6,
        d_model=D_MODEL,
        context_length=LENGTH,
        seed=7,
        positions=scheme,
        **HYPERPARAMETERS[request.param],
    )
    write_model(layer, path, name=path.stem, tokenizer="toy", source="a test", provenance={})
    return path, scheme, layer


def test_every_scheme_has_a_file_and_every_file_meets_every_check(file):
    path, _, _ = file
    assert [check for check in verify(path) if not check.is_met] == []
    assert {name.split(" ")[0] for name in HYPERPARAMETERS} == set(SCHEMES) == set(SCHEME_OUTPUTS)


@pytest.mark.parametrize("n_tokens", [1, 2, 7, LENGTH])
def test_a_run_gives_what_the_contract_names_by_its_name(file, n_tokens):
    path, scheme, layer = file
    model = embedcore.open_model(path, provider="cpu")
    run = model.run(np.arange(2 * n_tokens).reshape(2, n_tokens) % 6)
    given = dict(run.extras)
    if run.position_embeddings is not None:
        given[contract.POSITION_EMBEDDINGS] = run.position_embeddings
    assert given.keys() == SCHEME_OUTPUTS[scheme].keys()
    assert {name: values.shape for name, values in given.items()} == {name: SHAPES[name](n_tokens) for name in given}
    with torch.no_grad():
        expected = layer(torch.arange(2 * n_tokens).reshape(2, n_tokens) % 6)
    for name, values in given.items():
        np.testing.assert_allclose(values, expected[name], rtol=contract.SUM_RTOL, atol=contract.SUM_ATOL)
    if contract.POSITION_EMBEDDINGS not in given:  # these act in the attention: the rows enter as they are
        np.testing.assert_array_equal(run.input_embeddings, run.token_embeddings)


def test_the_models_scheme_gives_what_its_file_gives(file):
    """Two ways to the same numbers: the file itself, and the generic graph with the file's parameters and table."""
    path, name, _ = file
    model = embedcore.open_model(path, provider="cpu")
    scheme, heads, query = scheme_of_model(model), Heads(N_HEADS), 4
    assert scheme.name == name
    strips = [strip.values for strip in scheme.strips(query, np.arange(LENGTH), D_MODEL, heads)]
    layer = model.run(np.arange(LENGTH)[None] % 6)
    if name == "none":
        assert strips == []
    elif layer.position_embeddings is not None:
        np.testing.assert_array_equal(strips[0], layer.position_embeddings)
    elif "rotary_cos" in layer.extras:
        np.testing.assert_array_equal(strips, [layer.extras["rotary_cos"], layer.extras["rotary_sin"]])
    elif "attention_bias" in layer.extras:
        np.testing.assert_array_equal(strips[0], layer.extras["attention_bias"][:, query].T)
    else:
        by_distance = layer.extras["relative_embeddings"]
        np.testing.assert_array_equal(strips[0], [by_distance[query - j + LENGTH - 1] for j in range(LENGTH)])


def test_learned_positions_of_a_model_that_has_none_are_refused_with_its_scheme(file):
    path, scheme, _ = file
    model = embedcore.open_model(path, provider="cpu")
    if scheme == "learned":
        np.testing.assert_array_equal(learned_of_model(model).table, model.positions)
    else:
        with pytest.raises(ShapeError, match=f"carries the scheme '{scheme}', and 0 learned positions"):
            learned_of_model(model)
        assert model.positions.shape == (
            (LENGTH if contract.POSITION_EMBEDDINGS in SCHEME_OUTPUTS[scheme] else 0),
            D_MODEL,
        )


def test_a_sequence_whose_bias_would_fill_the_memory_is_refused(file, monkeypatch):
    path, scheme, _ = file
    model = embedcore.open_model(path, provider="cpu")
    monkeypatch.setattr("embedcore.model.model._LARGEST_BIAS", 4 * N_HEADS * 10**2)
    if contract.ATTENTION_BIAS in SCHEME_OUTPUTS[scheme]:
        assert model.run(np.zeros((1, 10), np.int64)).extras["attention_bias"].shape == (N_HEADS, 10, 10)
        with pytest.raises(SequenceTooLong, match=r"bias of 11 tokens would take 1,452 bytes, and 1,200 is the most"):
            model.run(np.zeros((1, 11), np.int64))
    else:
        assert model.run(np.zeros((1, 11), np.int64)).input_embeddings.shape == (1, 11, D_MODEL)


@pytest.mark.parametrize("name", ["sinusoidal", "shaw", "transformer-xl", "deberta", "t5", "rope"])
def test_parameters_that_do_not_make_the_scheme_are_named(name, tmp_path):
    path = tmp_path / "m.onnx"
    layer = random_layer(
        n_vocab=6, d_model=D_MODEL, context_length=LENGTH, seed=7, positions=name, **HYPERPARAMETERS[name]
    )
    write_model(layer, path, name="m", tokenizer="toy", source="a test", provenance={})
    proto = onnx.load(path)
    for prop in proto.metadata_props:
        if prop.key == "embedcore.position_parameters":
            prop.value = f'{{"n_heads": {N_HEADS}, "wrong": 1}}'
    onnx.save(proto, path)
    with pytest.raises(ModelFileError, match=f"carries 2 parameters, n_heads, wrong.*{name}"):
        scheme_of_model(embedcore.open_model(path, provider="cpu"))


@pytest.mark.parametrize(
    ("name", "scale"), [("learned", None), ("learned", 3.5), ("sinusoidal", None), ("sinusoidal", 3.5), ("alibi", None)]
)
def test_the_scores_of_a_models_scheme_are_those_of_its_own_input_vectors(name, scale, tmp_path):
    """Where nothing acts in the attention, or only a bias does: what the file hands to block 1 is what is scored."""
    torch.manual_seed(3)
    drawn = SCHEMES[name].drawn(d_model=D_MODEL, context_length=LENGTH, **HYPERPARAMETERS[name])
    layer = InputLayer(torch.randn(6, D_MODEL), drawn, context_length=LENGTH, scale=scale)
    write_model(layer, tmp_path / "m.onnx", name="m", tokenizer="toy", source="a test", provenance={})
    model = embedcore.open_model(tmp_path / "m.onnx", provider="cpu")
    run, heads = model.run([0, 5, 3, 3, 1]), Heads(N_HEADS)
    tokens, inputs = (Tokens.of(rows[0]) for rows in (run.token_embeddings, run.input_embeddings))
    scores = scheme_of_model(model).attend(tokens, tokens, heads).scores
    if name == "alibi":
        scores = scores - run.extras["attention_bias"]
    expected = NoPosition().attend(inputs, inputs, heads).scores
    np.testing.assert_allclose(scores, expected, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)
