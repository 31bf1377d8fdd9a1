"""What a caller gives to a scheme, a picture or a module is checked in front of it: ShapeError, and nothing else.

Every public entry that takes positions, heads or sizes, times every value that is none.
"""

import math

import numpy as np
import pytest
import torch

from embedcore.checks.sizes import head_width
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import ShapeError
from embedcore.figures.clock import clock_hands
from embedcore.figures.decay import decay_lines, drawn_distances, wavelength_lines
from embedcore.figures.heat import heat_strips
from embedcore.figures.positions import drawn_places, position_similarity
from embedcore.figures.scores import drawn_tokens, score_map
from embedcore.figures.style import Style
from embedcore.nn import SCHEMES as MODULES
from embedcore.schemes import (
    T5,
    Alibi,
    Attention,
    BertRelative,
    BertRelativeKeyQuery,
    Deberta,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    Tokens,
    TransformerXL,
    attention_weights,
    decay,
    moved,
    sinusoidal,
    spread,
    word_order,
)
from embedcore.schemes.attention import drawn
from embedcore.schemes.rope_parameters import RopeParameters
from embedcore.schemes.sinusoidal import sinusoidal_at
from embedcore.space.evenly import evenly
from export.random import random_layer

D_MODEL = 8
VECTORS = np.random.default_rng(5).standard_normal((5, D_MODEL)).astype(np.float32)
TABLE = np.random.default_rng(6).standard_normal((50, D_MODEL)).astype(np.float32)
HEADS = Heads(2)
YARN = RopeParameters(2, scaling="yarn")
SCHEMES = {
    "none": NoPosition(), "learned": Learned(TABLE), "sinusoidal": Sinusoidal(), "shaw": Shaw(), "transformer-xl": TransformerXL(),
    "bert-relative-key": BertRelative(), "bert-relative-key-query": BertRelativeKeyQuery(), "deberta": Deberta(), "t5": T5(),
    "alibi": Alibi(), "rope": Rope(RopeParameters(2)), "rope yarn": Rope(YARN), "rope dynamic": Rope(RopeParameters(2, scaling="dynamic")),
}  # fmt: skip
REAL = {"none", "sinusoidal", "alibi", "rope", "rope yarn", "rope dynamic"}
EACH_SCHEME = pytest.mark.parametrize("name", SCHEMES)

NO_SIZE = [
    1.5,
    3.0,
    math.nan,
    math.inf,
    True,
    "3",
    None,
    [],
    [2],
    np.float64(2),
    np.array([1, 2]),
    10**30,
    10**400,
    -1,
    -(10**30),
]
NO_POSITIONS = {
    "nan": [0, 1, math.nan, 3, 4],
    "infinite": [0, 1, 2, math.inf, 4],
    "bools": [True, False, True, False, True],
    "words": ["0", "1", "2", "3", "4"],
    "a word": "3",
    "a number": 3,
    "none": None,
    "empty": [],
    "empty rows": [[], []],
    "one too few": [0, 1, 2, 3],
    "one too many": range(6),
    "a matrix": np.zeros((5, 1), np.int64),
    "rows of two lengths": [[1, 2], [3]],
    "huge": [0, 1, 2, 3, 10**30],
    "past float64's whole numbers": [0, 1, 2, 3, 2**53 + 2],
    "uint64's last": np.array([0, 1, 2, 3, 2**64 - 1], np.uint64),
    "int64's first": np.array([0, 1, 2, 3, -(2**63)]),
    "complex": np.zeros(5, complex),
}  # fmt: skip


def refused(make):
    with pytest.raises(ShapeError) as caught:
        make()
    said = str(caught.value)
    assert 10 < len(said) < 900, said
    return said


def attend(scheme, positions):
    tokens = Tokens(VECTORS, positions)
    return scheme.attend(tokens, tokens, HEADS)


@EACH_SCHEME
@pytest.mark.parametrize("positions", NO_POSITIONS.values(), ids=NO_POSITIONS)
def test_positions_that_are_none_are_refused_by_every_scheme(name, positions):
    scheme = SCHEMES[name]
    refused(lambda: attend(scheme, positions))
    if not isinstance(positions, range) and (not isinstance(positions, list) or len(positions) != 4):
        refused(lambda: scheme.strips(0, positions, D_MODEL, HEADS))
        refused(lambda: scheme.added(positions, D_MODEL))


@EACH_SCHEME
def test_a_fraction_is_refused_where_a_table_is_read_and_named_with_the_remedy(name):
    scheme, places = SCHEMES[name], [0, 1, 2.5, 3, 4]
    if name in REAL:
        attend(scheme, places)
        return
    for make in (
        lambda: attend(scheme, places),
        lambda: scheme.strips(0, places, D_MODEL, HEADS),
        lambda: scheme.added(places, D_MODEL),
    ):
        said = refused(make)
        assert "position 2.5, at index 2, is no whole number" in said
        assert f"{scheme.name!r}" in said
        assert "round it to 2, or choose rope, sinusoidal or alibi" in said


@EACH_SCHEME
def test_whole_numbers_of_any_type_are_the_same_places(name):
    scheme = SCHEMES[name]
    expected = attend(scheme, np.array([4, 0, 7, 7, 2]))
    for places in ([4, 0, 7, 7, 2], np.array([4, 0, 7, 7, 2], np.int8), np.array([4, 0, 7, 7, 2], np.uint64), [4.0, 0.0, 7.0, 7.0, 2.0]):  # fmt: skip
        np.testing.assert_array_equal(attend(scheme, places).scores, expected.scores)
    strips = scheme.strips(1, [4, 0, 7, 7, 2], D_MODEL, Heads(np.int64(2)))
    assert strips == scheme.strips(np.int8(1), np.array([4, 0, 7, 7, 2]), np.int64(D_MODEL), HEADS)


NEGATIVE = [-3, -2, -1, 0, 1]


@EACH_SCHEME
def test_negative_places_are_refused_by_learned_alone_and_the_first_is_named(name):
    if name == "learned":
        assert "position -3 has no row: the model learned 50 positions, 0…49" in refused(lambda: attend(SCHEMES[name], NEGATIVE))  # fmt: skip
        assert "position -1 has no row" in refused(lambda: attend(SCHEMES[name], [49, -1, 2, 3, 4]))
        assert "position 50 has no row" in refused(lambda: attend(SCHEMES[name], [49, 50, -2, 3, 4]))
    else:
        assert np.isfinite(attend(SCHEMES[name], NEGATIVE).scores).all()


BAD_HEADS = {
    "none": lambda: Heads(0),
    "a fraction": lambda: Heads(2.5),
    "a float": lambda: Heads(2.0),
    "a bool": lambda: Heads(True),
    "a word": lambda: Heads("2"),
    "nan": lambda: Heads(math.nan),
    "an array": lambda: Heads(np.array([1, 2])),
    "below zero": lambda: Heads(-2),
    "not dividing": lambda: Heads(3),
    "huge": lambda: Heads(10**30),
    "head = n_heads": lambda: Heads(2, head=2),
    "head −1": lambda: Heads(2, head=-1),
    "head 0.5": lambda: Heads(2, head=0.5),
    "head true": lambda: Heads(2, head=True),
    "head '1'": lambda: Heads(2, head="1"),
    "head huge": lambda: Heads(2, head=10**30),
    "pair past": lambda: Heads(2, pair=2),
    "pair −1": lambda: Heads(2, pair=-1),
    "pair 0.5": lambda: Heads(2, pair=0.5),
    "normalized by a word": lambda: Heads(2, is_normalized="no"),
}


@EACH_SCHEME
@pytest.mark.parametrize("heads", BAD_HEADS.values(), ids=BAD_HEADS)
def test_heads_that_are_none_are_refused_by_every_scheme(name, heads):
    scheme, places = SCHEMES[name], np.arange(5)
    tokens = Tokens(VECTORS, places)
    refused(lambda: scheme.attend(tokens, tokens, heads()))
    refused(lambda: scheme.strips(0, places, D_MODEL, heads()))
    refused(lambda: spread(scheme, VECTORS[0], VECTORS, 4, heads()))
    refused(lambda: decay(scheme, VECTORS[0], 4, heads()))
    refused(lambda: word_order(scheme, (tokens, tokens), places, heads()))
    refused(lambda: heads().split(VECTORS))
    if name.startswith("rope"):
        refused(lambda: scheme.rotated(VECTORS, places, heads()))


@pytest.mark.parametrize("heads", [name for name in BAD_HEADS if name not in {"not dividing", "pair past", "pair −1"}])
def test_slopes_of_heads_that_are_none_are_refused(heads):
    refused(lambda: Alibi().slopes(BAD_HEADS[heads]()))


@EACH_SCHEME
@pytest.mark.parametrize("size", NO_SIZE, ids=str)
def test_sizes_that_are_none_are_refused_by_every_scheme(name, size):
    scheme, places = SCHEMES[name], np.arange(5)
    refused(lambda: scheme.strips(0, places, size, HEADS))
    refused(lambda: scheme.added(places, size))
    refused(lambda: scheme.strips(size, places, D_MODEL, HEADS))
    refused(lambda: decay(scheme, VECTORS[0], size, HEADS))
    refused(lambda: spread(scheme, VECTORS[0], VECTORS, size, HEADS))


@EACH_SCHEME
@pytest.mark.parametrize("vectors", [[], [[]], [1.0], 3, "x", None, [[1], [2, 3]], [["a"]], [[True]], np.zeros((2, 2, 2))], ids=str)  # fmt: skip
def test_vectors_that_are_none_are_refused(name, vectors):
    scheme = SCHEMES[name]
    refused(lambda: Tokens.of(vectors))
    refused(lambda: Tokens(vectors, [0]))
    refused(lambda: spread(scheme, VECTORS[0], vectors, 3, HEADS))
    refused(lambda: HEADS.split(vectors))
    if not isinstance(vectors, list) or len(vectors) != 1 or vectors[0] != 1.0:
        refused(lambda: decay(scheme, vectors, 3, HEADS))
        refused(lambda: spread(scheme, vectors, VECTORS, 3, HEADS))
    narrow = Tokens(VECTORS[:, :4], np.arange(5))
    assert "8 wide, and keys 4" in refused(lambda: scheme.attend(Tokens.of(VECTORS), narrow, HEADS))


def with_size(make):
    return [(make, size) for size in NO_SIZE]


KNOBS = {
    "shaw max_distance": lambda size: Shaw(max_distance=size),
    "bert max_distance": lambda size: BertRelative(max_distance=size),
    "deberta max_distance": lambda size: Deberta(max_distance=size),
    "deberta n_buckets": lambda size: Deberta(n_buckets=size),
    "t5 max_distance": lambda size: T5(max_distance=size),
    "t5 n_buckets": lambda size: T5(n_buckets=size),
}


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize("make", KNOBS.values(), ids=KNOBS)
def test_a_knob_that_is_no_size_is_refused(make, size):
    refused(lambda: attend(make(size), np.arange(5)))
    refused(lambda: make(size).strips(0, np.arange(5), D_MODEL, HEADS))


@pytest.mark.parametrize("seed", [1.5, True, "3", -1, None, [2], math.nan], ids=str)
@pytest.mark.parametrize("scheme", [Shaw, BertRelative, Deberta, T5, TransformerXL])
def test_a_seed_that_is_none_is_refused(scheme, seed):
    refused(lambda: attend(scheme(seed=seed), np.arange(5)))
    refused(lambda: drawn(seed, 2, 2))


@pytest.mark.parametrize("base", [0, -1, math.nan, math.inf, "3", True, None, [1], 10**400, np.array([1, 2])], ids=str)
def test_a_base_that_is_none_is_refused(base):
    for scheme in (Sinusoidal(base=base), TransformerXL(base=base), Rope(RopeParameters(2, base=base))):
        refused(lambda scheme=scheme: attend(scheme, np.arange(5)))
    refused(lambda: sinusoidal(3, 4, base=base))
    refused(lambda: sinusoidal_at([0], 4, base=base))
    for name, told in (("sinusoidal", {}), ("transformer-xl", {"n_heads": 2}), ("rope", {"n_heads": 2})):
        refused(lambda name=name, told=told: MODULES[name].drawn(d_model=8, context_length=4, base=base, **told))


@pytest.mark.parametrize("flag", [1, 0, "yes", None, 1.0, math.nan], ids=str)
def test_a_flag_that_is_none_is_refused(flag):
    refused(lambda: attend(T5(is_bidirectional=flag), np.arange(5)))
    refused(lambda: attend(Deberta(is_released=flag), np.arange(5)))
    refused(lambda: Heads(2, is_normalized=flag))
    refused(lambda: attention_weights(attend(NoPosition(), np.arange(5)), is_causal=flag))
    refused(lambda: MODULES["t5"].drawn(d_model=8, context_length=4, n_heads=2, n_buckets=8, max_distance=20, is_bidirectional=flag))  # fmt: skip


@pytest.mark.parametrize("scale", [math.nan, math.inf, "2", True, [1]], ids=str)
def test_a_row_scale_that_is_none_is_refused(scale):
    refused(lambda: attend(Sinusoidal(row_scale=scale), np.arange(5)))


@pytest.mark.parametrize("size", [*NO_SIZE, 3, 5], ids=str)
def test_rope_sinusoidal_and_head_width_refuse_what_is_no_even_width(size):
    rope, places = Rope(RopeParameters(2)), np.arange(3)
    refused(lambda: rope.waves(places, size))
    refused(lambda: rope.pairs(size))
    refused(lambda: rope.frequencies(size, length=3))
    refused(lambda: sinusoidal(3, size))
    refused(lambda: sinusoidal_at(places, size, base=1e4))
    refused(lambda: MODULES["sinusoidal"](3, size))
    if type(size) is not int or size not in (3, 5):
        refused(lambda: rope.frequencies(4, length=size))
        refused(lambda: sinusoidal(size, 4))
        refused(lambda: head_width(size, 1))
        refused(lambda: head_width(24, size))


@pytest.mark.parametrize("positions", NO_POSITIONS.values(), ids=NO_POSITIONS)
def test_waves_of_positions_that_are_none_are_refused(positions):
    rope = Rope(YARN)
    refused(lambda: rope.rotated(VECTORS, positions, HEADS))
    if not isinstance(positions, range) and (not isinstance(positions, list) or len(positions) != 4):
        refused(lambda: rope.waves(positions, 4))
        refused(lambda: sinusoidal_at(positions, 4, base=1e4))


@pytest.mark.parametrize("places", [[0, 1, 2, 3], [0, 1, 2, 3, 3], [0, 1, 2, 3, 5], [0, 1, 2, 3, -1], [0, 1, 2, 3, 3.5], "x", None, [[0]], range(6)], ids=str)  # fmt: skip
def test_places_that_are_no_order_are_refused(places):
    tokens = Tokens.of(VECTORS)
    refused(lambda: word_order(NoPosition(), (tokens, tokens), places, HEADS))
    refused(lambda: word_order(NoPosition(), (tokens, Tokens.of(VECTORS[:4])), np.arange(5), HEADS))


@pytest.mark.parametrize("ids", [[1.5, 2], ["a", "b"], [[1], [2]], 3, "x", None, [math.nan, 1], [True, False]], ids=str)
def test_ids_that_are_none_are_refused(ids):
    refused(lambda: moved(ids, ids))
    refused(lambda: moved([1, 2], ids))
    np.testing.assert_array_equal(moved([7, 8, 7], [7, 7, 8]), [0, 2, 1])


def test_weights_of_no_key_are_refused():
    nothing = np.zeros((1, 2, 0), np.float32)
    refused(lambda: attention_weights(Attention(nothing, nothing, {}), is_causal=False))


ROPE_NUMBERS = {"factor": "linear", "original_length": "yarn", "beta_fast": "yarn", "beta_slow": "yarn", "attention_factor": "yarn",
                "low_frequency_factor": "llama3", "high_frequency_factor": "llama3"}  # fmt: skip


@pytest.mark.parametrize("value", ["3", True, math.nan, math.inf, [1], -1], ids=str)
@pytest.mark.parametrize(("name", "scaling"), ROPE_NUMBERS.items())
def test_a_number_of_a_scaling_that_is_none_is_refused(name, scaling, value):
    refused(lambda: attend(Rope(RopeParameters(2, scaling=scaling, **{name: value})), np.arange(5)))


@pytest.mark.parametrize("value", ["3", ["3"], 3, [True], [math.nan], [0], [], [1, 2, 3], [[1]]], ids=str)
@pytest.mark.parametrize("name", ["short_factors", "long_factors"])
def test_factors_that_are_none_are_refused(name, value):
    refused(lambda: attend(Rope(RopeParameters(2, scaling="longrope", **{name: value})), np.arange(5)))


@pytest.mark.parametrize("scaling", [None, "x", 3, ["none"]], ids=str)
def test_a_scaling_that_is_none_is_refused(scaling):
    refused(lambda: attend(Rope(RopeParameters(2, scaling=scaling)), np.arange(5)))
    refused(lambda: attend(Rope(RopeParameters(2, layout=scaling)), np.arange(5)))


# What makes each module, and which of its numbers are sizes.
MADE = {
    "sinusoidal": {},
    "shaw": {"n_heads": 2, "max_distance": 4},
    "transformer-xl": {"n_heads": 2},
    "bert-relative-key": {"n_heads": 2, "max_distance": 4},
    "bert-relative-key-query": {"n_heads": 2, "max_distance": 4},
    "deberta": {"n_heads": 2, "max_distance": 9, "n_buckets": 4},
    "t5": {"n_heads": 2, "max_distance": 20, "n_buckets": 8, "is_bidirectional": True},
    "alibi": {"n_heads": 2},
    "rope": {"n_heads": 2},
    "learned": {},
    "none": {},
}
SIZED = [(name, size) for name, told in MADE.items() for size in told if size != "is_bidirectional"]


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize(("name", "key"), SIZED)
def test_a_module_of_a_size_that_is_none_is_refused(name, key, size):
    told = MADE[name] | {key: size}
    refused(lambda: MODULES[name].drawn(d_model=8, context_length=4, **told))
    refused(lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions=name, **told))
    if name == "rope":
        refused(lambda: RopeParameters(**told).check(4))


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
@pytest.mark.parametrize("key", ["n_vocab", "d_model", "context_length"])
@pytest.mark.parametrize("name", MADE)
def test_a_layer_of_a_size_that_is_none_is_refused(name, key, size):
    sizes = {"n_vocab": 6, "d_model": 8, "context_length": 4} | {key: size}
    refused(lambda: random_layer(**sizes, seed=1, positions=name, **MADE[name]))


@pytest.mark.parametrize("seed", [1.5, True, "3", -1, None, 2**64, math.nan], ids=str)
def test_a_layers_seed_that_is_none_is_refused(seed):
    refused(lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=seed, positions="none"))


@pytest.mark.parametrize("name", MADE)
def test_numpys_whole_numbers_are_sizes(name):
    told = {key: value if isinstance(value, bool) else np.int64(value) for key, value in MADE[name].items()}
    found = random_layer(n_vocab=np.int32(6), d_model=np.int64(8), context_length=np.uint8(4), seed=np.int64(1), positions=name, **told)  # fmt: skip
    expected = random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions=name, **MADE[name])
    assert found.position.hyperparameters() == expected.position.hyperparameters()
    assert all(type(value) is not np.int64 for value in found.position.hyperparameters().values())
    for key, value in found(torch.tensor([[1, 2]])).items():
        np.testing.assert_array_equal(value.detach().numpy(), expected(torch.tensor([[1, 2]]))[key].detach().numpy())


@pytest.mark.parametrize("table", [None, 3, "x", torch.zeros(3), torch.zeros(0, 2), torch.zeros(3, 0), torch.zeros(2, 2, 2), np.zeros((9, 4))], ids=str)  # fmt: skip
def test_a_module_of_a_table_that_is_none_is_refused(table):
    refused(lambda: MODULES["learned"](table))
    refused(lambda: MODULES["shaw"](table, n_heads=2, max_distance=4))
    refused(lambda: MODULES["t5"](table, max_distance=20, is_bidirectional=True))
    refused(lambda: MODULES["shaw"](torch.zeros(9, 4), n_heads=2.0, max_distance=4))
    refused(lambda: MODULES["sinusoidal"](3.5, 4))


LIGHT = Style()
POINTS = np.zeros((2, 3, 2), np.float32)


def clocks(**changes):
    given = {
        "points": POINTS,
        "pairs": np.arange(2),
        "wavelengths": np.ones(2),
        "labels": ["a", "b", "c"],
        "place": 0,
    } | changes
    return clock_hands(
        given["points"], given["pairs"], given["wavelengths"], given["labels"], LIGHT, place=given["place"]
    )


@pytest.mark.parametrize("size", NO_SIZE, ids=str)
def test_pictures_refuse_what_is_no_place_or_size(size):
    square = np.zeros((3, 3), np.float32)
    curve = {"a": np.zeros(3, np.float32)}
    refused(lambda: clocks(place=size))
    refused(lambda: decay_lines(curve, LIGHT, trained=size))
    refused(lambda: wavelength_lines({"a": np.ones(3)}, LIGHT, trained=size, chosen="a"))
    refused(lambda: drawn_distances(size, is_log=False))
    refused(lambda: drawn_places(size))
    refused(lambda: drawn_tokens(size))
    refused(lambda: evenly(size, 3))
    refused(lambda: evenly(3, size))
    refused(lambda: position_similarity(square, LIGHT, step=size))
    if size is not None:
        refused(lambda: score_map(square, ["a", "b", "c"], LIGHT, limit=1.0, chosen=size))
    if size is not None and not isinstance(size, int):
        refused(lambda: heat_strips([("a", square)], ["a", "b", "c"], LIGHT, chosen=size))


def test_pictures_refuse_another_number_of_labels_and_nothing_to_draw():
    square = np.zeros((3, 3), np.float32)
    refused(lambda: clocks(place=3))
    refused(lambda: clocks(labels=["a", "b"]))
    refused(lambda: score_map(square, ["a", "b"], LIGHT, limit=1.0))
    refused(lambda: score_map(square[:, :2], ["a", "b", "c"], LIGHT, limit=1.0))
    refused(lambda: score_map(square[:0], [], LIGHT, limit=1.0))
    refused(lambda: heat_strips([("a", square)], ["a", "b"], LIGHT))
    refused(lambda: heat_strips([], ["a", "b"], LIGHT))
    refused(lambda: decay_lines({}, LIGHT, trained=3))
    refused(lambda: position_similarity(square[:0, :0], LIGHT))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "is 1.5, but must be a whole number"),
        (math.nan, "is nan, but must be a whole number"),
        (math.inf, "is inf, but must be a whole number"),
        (1e300, "is 1e.300, but must be a whole number"),
        (float(2**63), r"is 9.22\d+e.18, but must be a whole number"),
        (np.uint64(2**64 - 1), "is 18446744073709551615, but must be a whole number"),
        (True, r"is True \(bool\), but must be a whole number"),
        ("3", r"is 3 \(<U1\), but must be a whole number"),
        (10**30, r"is 10+ \(object\), but must be a whole number"),
    ],
)
def test_a_graph_refuses_a_cast_that_would_change_a_number(value, words):
    inputs = {"query_positions": [0], "key_positions": [0], "heads": [0], "bias_max": 8}
    with pytest.raises(ShapeError, match=f"alibi.onnx's n_heads {words}"):
        run_graph("alibi", **inputs, n_heads=value)
    np.testing.assert_array_equal(run_graph("alibi", **inputs, n_heads=4.0)["slopes"], [np.float32(0.25)])


def test_a_graph_refuses_numbers_for_bools_and_what_float32_cannot_hold():
    with pytest.raises(ShapeError, match=r"is_halves is 1 .* but must be true or false"):
        run_graph("sinusoidal", positions=[0], pairs=[0, 1], base=1e4, is_halves=1)
    with pytest.raises(ShapeError, match=r"table is 1e.39, but must be a number of float32"):
        run_graph("learned", table=np.full((8, 1), 1e39), positions=[0])
    with pytest.raises(ShapeError, match=r"table is 16777217, but must be a number of float32"):
        run_graph("learned", table=np.full((8, 1), 2**24 + 1), positions=[0])
    with pytest.raises(ShapeError, match=r"positions is 9007199254740993, but must be a number of float64"):
        run_graph("sinusoidal", positions=[2**53 + 1], pairs=[0, 1], base=1e4, is_halves=True)
