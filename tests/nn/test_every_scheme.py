"""What all positional schemes have in common: the contract's outputs, and hyper-parameters that make them again."""

import json

import numpy as np
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from embedcore import contract
from embedcore.nn import GRAPHS, SCHEMES, InputLayer
from embedcore.nn.bert_relative import BertRelativeKey
from embedcore.nn.deberta import Deberta
from embedcore.nn.learned import Learned
from embedcore.nn.rope import FOLLOWS_LENGTH, Rope
from embedcore.nn.shaw import Shaw
from embedcore.nn.transformer_xl import TransformerXL
from embedcore.schemes.outputs import LOOKUP_SCHEMES, SCHEME_OUTPUTS
from embedcore.schemes.rope_parameters import SCALINGS, RopeParameters
from tests.declared import others
from tests.nn.graphs import DTYPES, FOLDER, by_onnx
from tests.nn.oracles import assert_refused

D_MODEL, N_HEADS, CONTEXT_LENGTH = 24, 4, 9
SETTINGS = [
    ("none", {}),
    ("learned", {}),
    ("sinusoidal", {"base": 50.0}),
    ("shaw", {"n_heads": N_HEADS, "max_distance": 3}),
    ("transformer-xl", {"n_heads": N_HEADS, "base": 50.0}),
    ("bert-relative-key", {"n_heads": N_HEADS, "max_distance": 3}),
    ("bert-relative-key-query", {"n_heads": N_HEADS, "max_distance": 3}),
    ("deberta", {"n_heads": N_HEADS, "max_distance": 3, "n_buckets": 0}),
    ("deberta", {"n_heads": N_HEADS, "max_distance": 7, "n_buckets": 4}),
    ("t5", {"n_heads": N_HEADS, "n_buckets": 6, "max_distance": 5, "is_bidirectional": True}),
    ("t5", {"n_heads": N_HEADS, "n_buckets": 6, "max_distance": 5, "is_bidirectional": False}),
    ("alibi", {"n_heads": N_HEADS}),
    *(("rope", {"n_heads": N_HEADS, "layout": "interleaved", "scaling": scaling}) for scaling in SCALINGS[:-1]),
    ("rope", {"n_heads": N_HEADS, "scaling": "proportional", "proportion": 0.5}),  # 0.25 of 3 pairs is none
    # These came after files of version 1, and are left out where they have their defaults.
    ("sinusoidal", {"base": 50.0, "wave_layout": "halves"}),
    ("sinusoidal", {"base": 50.0, "first_place": 2}),
    ("transformer-xl", {"n_heads": N_HEADS, "base": 50.0, "wave_layout": "halves"}),
    ("alibi", {"n_heads": N_HEADS, "bias_max": 16.0}),
    ("rope", {"n_heads": N_HEADS, "rotary_dim": 4}),
    ("rope", {"n_heads": N_HEADS, "scaling": "yarn", "is_truncated": False, "mscale": 0.7, "mscale_all_dim": 0.5}),
    ("rope", {"n_heads": N_HEADS, "scaling": "longrope", "attention_factor": 1.5}),
    ("rope", {"n_heads": N_HEADS, "scaling": "longrope", "short_mscale": 1.2, "long_mscale": 1.4}),
    # These run past the trained length; that of the others is longer than the context.
    ("rope", {"n_heads": N_HEADS, "scaling": "dynamic", "original_length": 4}),
    ("rope", {"n_heads": N_HEADS, "scaling": "longrope", "original_length": 4}),
    ("rope", {"n_heads": N_HEADS, "scaling": "stepped", "original_length": 2}),
    ("rope", {"n_heads": N_HEADS, "scaling": "dynamic", "original_length": 4, "rotary_dim": 4}),
]
LISTED = list(SETTINGS)
SETTINGS += others({name for name, _ in LISTED}, n_heads=N_HEADS, context_length=CONTEXT_LENGTH).items()


def each(settings):
    return pytest.mark.parametrize(
        ("name", "hyperparameters"), settings, ids=lambda value: value if isinstance(value, str) else json.dumps(value)
    )


EACH = each(SETTINGS)


def drawn(name, hyperparameters, seed=0):
    torch.manual_seed(seed)
    return SCHEMES[name].drawn(d_model=D_MODEL, context_length=CONTEXT_LENGTH, **hyperparameters)


def outputs(scheme, n):
    return {name: value.detach().numpy() for name, value in scheme.outputs(torch.arange(n)).items()}


def test_there_is_a_scheme_for_every_name_of_the_contract():
    assert list(SCHEMES) == list(SCHEME_OUTPUTS)
    assert {name for name, _ in SETTINGS} == set(SCHEMES)
    assert {name for name, scheme in SCHEMES.items() if scheme.name != name} == set()


@EACH
@pytest.mark.parametrize("n", [1, 2, 7, CONTEXT_LENGTH])
def test_a_scheme_gives_what_the_contract_lists_in_its_order_and_shape(name, hyperparameters, n):
    computed = outputs(drawn(name, hyperparameters), n)
    sizes = {
        "sequence": n,
        contract.DISTANCES: 2 * n - 1,
        "d_model": D_MODEL,
        "n_heads": N_HEADS,
        "head_dim": D_MODEL // N_HEADS,
    }
    expected = [(output, tuple(sizes[axis] for axis in axes)) for output, axes in SCHEME_OUTPUTS[name].items()]
    assert [(output, value.shape) for output, value in computed.items()] == expected
    assert {value.dtype for value in computed.values()} <= {np.dtype(np.float32)}


@EACH
def test_hyperparameters_make_the_scheme_again(name, hyperparameters):
    scheme = drawn(name, hyperparameters)
    stated = json.loads(json.dumps(scheme.hyperparameters()))
    assert stated.items() >= hyperparameters.items()
    again = drawn(name, stated)
    for output, value in outputs(scheme, 7).items():
        np.testing.assert_array_equal(outputs(again, 7)[output], value)


@EACH
def test_what_is_learned_follows_torchs_seed_and_the_rest_does_not(name, hyperparameters):
    one, other = outputs(drawn(name, hyperparameters), 7), outputs(drawn(name, hyperparameters, seed=1), 7)
    for output, value in one.items():
        assert np.array_equal(other[output], value) == (name not in LOOKUP_SCHEMES)


@EACH
def test_only_what_stands_at_a_place_is_added_to_the_rows(name, hyperparameters):
    scheme = drawn(name, hyperparameters)
    given = scheme.outputs(torch.arange(7))
    added = scheme.added(given)
    if contract.POSITION_EMBEDDINGS in given:
        assert added is given[contract.POSITION_EMBEDDINGS]
    else:
        assert added is None


@each(LISTED)
def test_a_scheme_that_stores_places_says_how_many(name, hyperparameters):
    has_places = name in ("learned", "sinusoidal", "transformer-xl", "rope")
    is_endless = hyperparameters.get("scaling") in FOLLOWS_LENGTH and "original_length" in hyperparameters
    expected = CONTEXT_LENGTH if has_places and not is_endless else None
    assert drawn(name, hyperparameters).n_positions == expected


@each([setting for setting in SETTINGS if setting[0] in LOOKUP_SCHEMES])
def test_a_float16_table_gives_its_own_bits_as_float32(name, hyperparameters):
    scheme = drawn(name, hyperparameters).half()
    halved = outputs(scheme, 7)
    for output, value in outputs(scheme.float(), 7).items():
        assert halved[output].dtype == np.float32
        np.testing.assert_array_equal(halved[output], value)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_saved_graph_has_the_inputs_and_outputs_of_its_module(name):
    graph = GRAPHS[name]
    given = {key: example.numpy() for key, (example, _) in graph.inputs.items()}
    assert tuple(by_onnx(name, **given)) == graph.outputs
    assert (FOLDER / f"{name}.onnx").stat().st_size < 10_000
    assert {value.dtype.type for value in given.values()} <= set(DTYPES.values())


@pytest.mark.parametrize("name", GRAPHS)
def test_a_saved_graph_gives_the_same_in_another_runtime(name):
    """The other runtime is ONNX's reference evaluator, an independent implementation of every operator."""
    random = np.random.default_rng(0)
    inputs = {
        key: random.standard_normal(example.shape, dtype=np.float32) if example.is_floating_point() and example.element_size() == 4 else example.numpy()
        for key, (example, _) in GRAPHS[name].inputs.items()
    }  # fmt: skip
    with np.errstate(divide="ignore"):  # a branch that is not taken
        by_reference = ReferenceEvaluator(str(FOLDER / f"{name}.onnx")).run(None, inputs)
    for computed, expected in zip(by_reference, by_onnx(name, **inputs).values(), strict=True):
        np.testing.assert_allclose(computed, expected, rtol=contract.SCORE_RTOL, atol=contract.SCORE_ATOL)


@pytest.mark.parametrize(
    ("make", "fragments"),
    [
        (lambda: Shaw(torch.zeros(8, 4), n_heads=2, max_distance=4), ("[8, 4]", "9 rows")),
        (lambda: BertRelativeKey(torch.zeros(8, 4), n_heads=2, max_distance=4), ("[8, 4]", "7 rows")),
        (lambda: Deberta(torch.zeros(9, 4), n_heads=2, max_distance=9, n_buckets=4), ("[9, 4]", "8 rows")),
        (lambda: Shaw(torch.zeros(9), n_heads=2, max_distance=4), ("[9]", "9 rows")),
        (lambda: Learned.drawn(d_model=4, context_length=0), ("context_length is 0", "1 or more")),
    ],
)
def test_a_table_of_another_size_is_refused(make, fragments):
    assert_refused(make, *fragments)


@pytest.mark.parametrize(
    "scheme",
    [
        Shaw(torch.zeros(9, 4), n_heads=3, max_distance=4),
        Rope(5, 12, RopeParameters(3)),
        TransformerXL(5, 12, n_heads=3),
    ],
    ids=lambda scheme: scheme.name,
)
def test_an_input_layer_of_another_width_than_its_schemes_heads_is_refused(scheme):
    assert_refused(lambda: InputLayer(torch.zeros(6, 16), scheme, context_length=5), "12 wide", "16 wide")


@pytest.mark.parametrize("name", ["shaw", "transformer-xl", "bert-relative-key", "deberta"])
def test_a_sequence_of_no_positions_is_refused(name):
    parameters = {"n_heads": 2} | ({} if name == "transformer-xl" else {"max_distance": 4})
    scheme = SCHEMES[name].drawn(d_model=8, context_length=5, **parameters)
    assert_refused(lambda: scheme.outputs(torch.arange(0)), "0 positions", "1 or more")
