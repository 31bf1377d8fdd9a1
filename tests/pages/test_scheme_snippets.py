"""The code that gives a scheme's scores is run here, and gives the scores that the page shows."""

import ast
import itertools
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

import embedcore
from embedcore.contract import SCORE_ATOL, SCORE_RTOL
from embedcore.engine.generic_graphs import GRAPHS
from embedcore.errors import ShapeError
from embedcore.model.scheme import learned_of_model, scheme_of_model
from embedcore.schemes import (
    T5,
    Alibi,
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
)
from embedcore.schemes.declaration import Place
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.rope_parameters import ARGUMENTS, PAIR_LAYOUTS, SCALINGS, RopeParameters
from export.random import random_layer
from export.writer import write_model
from pages.shared.downloads import graph_file
from pages.views.positions import scheme_snippets
from tests.declared import others, others_set

DIALECTS = ("pytorch", "runtime")
IDS = [5, 0, 31, 7, 7, 12, 5, 30, 2, 19, 5, 8]
ALL, ONE, RAW = Heads(4), Heads(4, head=1), Heads(2, is_normalized=False)
YARN = RopeParameters(4, scaling="yarn", original_length=8, beta_fast=4.0)
FACTORS = (1.0, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)  # one number for each pair


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pydoc):
    """Return a folder with a model's file and the graphs, by the names that the server gives them."""
    folder = tmp_path_factory.mktemp("root")
    for path in GRAPHS.glob("*.onnx"):
        shutil.copy(path, folder / graph_file(path.stem))
    shutil.copy(pydoc.file.path, folder / "pydoc-gpt.onnx")
    return folder


@pytest.fixture(scope="module")
def small(folder):
    """Return a model without positions: schemes bring their own."""
    return write(folder, "none", name="small", d_model=96, context_length=256)


def write(folder, positions, *, name, d_model, context_length, **hyperparameters):
    """Write an untrained model of 32 rows with the scheme, and open it."""
    layer = random_layer(
        n_vocab=32, d_model=d_model, context_length=context_length, seed=5, positions=positions, **hyperparameters
    )
    path = folder / f"{name}.onnx"
    write_model(layer, path, name=path.stem, tokenizer="toy", source="a test", provenance={"seed": 5})
    return embedcore.open_model(path, provider="cpu")


def run(code, folder, monkeypatch):
    """Run the code, one statement at a time; each shape in a comment must be that of the value on its line."""
    monkeypatch.chdir(folder)
    lines, names, n_shapes = code.splitlines(), {}, 0
    for statement in ast.parse(code).body:
        exec(compile(ast.Module([statement], []), "code", "exec"), names)
        line = lines[statement.end_lineno - 1]
        shape = re.search(r"# (\[[\d, ]+\])", line)
        if shape and isinstance(statement, ast.Assign):
            target = statement.targets[0]
            first = target.elts[0] if isinstance(target, ast.Tuple) else target
            assert str(list(names[first.id].shape)) == shape[1], line
            n_shapes += 1
    assert n_shapes >= 3
    return names


def check(scheme, model, token_ids, heads, dialect, folder, monkeypatch):
    """Run the code, and hold its scores to the page's. Return the code."""
    code = getattr(scheme_snippets, dialect)(scheme, model, token_ids, heads)
    scores = np.asarray(run(code, folder, monkeypatch)["scores"])
    rows = Tokens.of(model.run(token_ids).token_embeddings[0])
    expected = scheme.attend(rows, rows, heads).scores
    assert scores.shape == expected.shape
    assert scores.dtype == np.float32
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(scores, expected, rtol=SCORE_RTOL, atol=SCORE_ATOL * largest)
    return code


SCHEMES = {
    "none": NoPosition(),
    "sinusoidal": Sinusoidal(),
    "sinusoidal, halves": Sinusoidal(wave_layout="halves"),
    "sinusoidal, rows as they are": Sinusoidal(base=50.0, row_scale=1.0),
    "shaw": Shaw(),
    "shaw, two away": Shaw(max_distance=2, seed=7),
    "transformer-xl": TransformerXL(),
    "transformer-xl, halves": TransformerXL(wave_layout="halves"),
    "transformer-xl, other waves": TransformerXL(base=77.5, seed=9),
    "bert-relative-key": BertRelative(),
    "bert-relative-key, four away": BertRelative(max_distance=5, seed=1),
    "bert-relative-key, none away": BertRelative(max_distance=1),
    "bert-relative-key-query": BertRelativeKeyQuery(),
    "bert-relative-key-query, four away": BertRelativeKeyQuery(max_distance=5, seed=1),
    "deberta": Deberta(),
    "deberta, three away": Deberta(max_distance=3, seed=2),
    "deberta, buckets": Deberta(max_distance=9, n_buckets=4, seed=2),
    "deberta, the paper's": Deberta(max_distance=3, seed=2, is_released=False),
    "deberta, more buckets": Deberta(max_distance=16, n_buckets=12),
    "t5": T5(),
    "t5, causal": T5(is_bidirectional=False, seed=3),
    "t5, few buckets": T5(n_buckets=8, max_distance=6),
    "t5, odd buckets, causal": T5(n_buckets=5, max_distance=7, is_bidirectional=False),
    "alibi": Alibi(),
    "alibi, steeper": Alibi(bias_max=5.0),
    "rope, the first half of a head": Rope(RopeParameters(4, rotary_dim=12)),
    "rope": Rope(RopeParameters(4)),
    "rope, other base": Rope(RopeParameters(4, base=500_000.0, layout="interleaved")),
}
PLACE = Place(d_model=96, context_length=256, n_heads=4)
SCHEMES |= others_set({Learned.name, *(scheme.name for scheme in SCHEMES.values())}, PLACE)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("heads", [ALL, ONE, RAW], ids=["every head", "head 1", "not normalized"])
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_the_code_gives_the_scores_that_the_page_shows(scheme, heads, dialect, small, folder, monkeypatch):
    check(scheme, small, IDS, heads, dialect, folder, monkeypatch)


def test_every_scheme_is_tried():
    assert {scheme.name for scheme in SCHEMES.values()} | {Learned.name} == set(SCHEME_OUTPUTS)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("heads", [ALL, ONE, RAW], ids=["every head", "head 1", "not normalized"])
@pytest.mark.parametrize("token_ids", [[464], [464, 3797, 3332, 319, 262, 2603]], ids=["one token", "six"])
def test_learned_positions(token_ids, heads, dialect, pydoc, folder, monkeypatch):
    check(learned_of_model(pydoc), pydoc, token_ids, heads, dialect, folder, monkeypatch)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("layout", PAIR_LAYOUTS)
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("original_length", [5, 4096], ids=["past the trained length", "within"])
def test_every_scaling(scaling, layout, original_length, dialect, small, folder, monkeypatch):
    numbers = {"factor": 2.5, "original_length": original_length}
    used = {name: value for name, value in numbers.items() if name in ARGUMENTS[scaling]}
    check(
        Rope(RopeParameters(4, scaling=scaling, layout=layout, **used)), small, IDS, ALL, dialect, folder, monkeypatch
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "parameters",
    [
        YARN,
        replace(YARN, attention_factor=1.75),
        replace(YARN, factor=1.0),
        replace(YARN, is_truncated=False),
        replace(YARN, mscale=0.7, mscale_all_dim=1.3),
        replace(YARN, mscale=0.7, rotary_dim=12),
        RopeParameters(4, rotary_dim=8, layout="interleaved"),
        RopeParameters(4, scaling="stepped", original_length=3),
        RopeParameters(4, scaling="proportional", proportion=0.3, factor=2.0),
        RopeParameters(4, scaling="longrope", original_length=5, attention_factor=1.5),
        RopeParameters(4, scaling="longrope", original_length=5, short_mscale=1.5, long_mscale=1.25, rotary_dim=2),
        replace(YARN, original_length=1),  # high and low edge of the ramp are the wrong way round
        replace(YARN, original_length=40, beta_fast=1.5, beta_slow=1.25),  # a ramp of one pair or none
        replace(YARN, scaling="llama3", low_frequency_factor=0.5, high_frequency_factor=2.0),
        replace(YARN, scaling="longrope", short_factors=FACTORS, long_factors=FACTORS[::-1]),
        replace(YARN, scaling="longrope", original_length=64, short_factors=FACTORS, long_factors=(3.0,)),
    ],
    ids=lambda parameters: f"{parameters.scaling} {parameters.original_length}",
)
def test_the_numbers_of_a_scaling(parameters, dialect, small, folder, monkeypatch):
    check(Rope(parameters), small, IDS, ONE, dialect, folder, monkeypatch)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("scheme", "n_heads"),
    [
        *itertools.product([Shaw(), T5(), Alibi()], [1, 6, 12, 32, 96]),
        *itertools.product([TransformerXL()], [1, 6, 12, 48]),  # its waves need an even head
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_other_numbers_of_heads(scheme, n_heads, dialect, small, folder, monkeypatch):
    for heads in (Heads(n_heads), Heads(n_heads, head=n_heads - 1)):
        check(scheme, small, IDS, heads, dialect, folder, monkeypatch)


MODELS = {
    "none": {},
    "learned": {},
    "sinusoidal": {"base": 30.0},
    "shaw": {"n_heads": 3, "max_distance": 2},
    "transformer-xl": {"n_heads": 3, "base": 30.0},
    "bert-relative-key": {"n_heads": 3, "max_distance": 4},
    "bert-relative-key-query": {"n_heads": 3, "max_distance": 4},
    "deberta": {"n_heads": 3, "max_distance": 7, "n_buckets": 4},
    "t5": {"n_heads": 3, "n_buckets": 8, "max_distance": 6, "is_bidirectional": True},
    "alibi": {"n_heads": 3},  # no power of two
    "rope": {"n_heads": 3, "base": 100.0, "layout": "interleaved", "scaling": "ntk", "factor": 2.0},
}
MODELS |= others(MODELS, n_heads=3, context_length=16)


@pytest.mark.parametrize("positions", SCHEME_OUTPUTS)
def test_the_scheme_that_a_models_file_carries(positions, folder, monkeypatch):
    model = write(folder, positions, name=f"small-{positions}", d_model=12, context_length=16, **MODELS[positions])
    scheme = scheme_of_model(model)
    for dialect in DIALECTS:
        for heads in (Heads(3), Heads(3, head=2, is_normalized=False)):
            code = check(scheme, model, IDS, heads, dialect, folder, monkeypatch)
        has_table = getattr(scheme, "table", None) is not None and not isinstance(scheme, Learned)
        assert ('"position.table"' in code) == (has_table or (dialect == "pytorch" and positions == "learned"))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("positions", ["drawn", "learned"])
def test_the_untrained_model_is_drawn_by_torch(positions, dialect, untrained, folder, monkeypatch):
    shutil.copy(untrained.file.path, folder / f"{untrained.name}.onnx")
    scheme = learned_of_model(untrained) if positions == "learned" else BertRelative(max_distance=3)
    code = check(scheme, untrained, [464, 50256, 0, 464], ALL, dialect, folder, monkeypatch)
    if dialect == "pytorch":
        assert ("position_embedding" in code) == (positions == "learned")
        assert "onnx" not in code


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "scheme",
    [
        T5(),  # 16, 32 and 64 are edges: their logarithms are whole on paper
        T5(n_buckets=64, max_distance=128, is_bidirectional=False),
        Deberta(max_distance=33, n_buckets=8),  # so are 8, 16 and 32
        Shaw(),
        TransformerXL(),
        Alibi(),
    ],
    ids=lambda scheme: scheme.name,
)
def test_far_distances_and_the_edges_of_buckets(scheme, dialect, small, folder, monkeypatch):
    check(scheme, small, [index * 7 % 32 for index in range(140)], ONE, dialect, folder, monkeypatch)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_long_text_is_there_whole(dialect, small, folder, monkeypatch):
    scheme = Rope(RopeParameters(4, scaling="dynamic", original_length=32))
    check(scheme, small, [index % 32 for index in range(256)], ONE, dialect, folder, monkeypatch)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_file_of_another_name_than_the_models_is_read(dialect, folder, monkeypatch):
    """A file that was renamed keeps its own name inside; a name may hold quotes."""
    model = write(folder, "t5", name="small-named", d_model=12, context_length=16, **MODELS["t5"])
    other = folder / 'it\'s a "näme" 🙂.onnx'
    model.file.path.rename(other)
    check(
        scheme_of_model(embedcore.open_model(other)),
        embedcore.open_model(other),
        IDS,
        Heads(3),
        dialect,
        folder,
        monkeypatch,
    )


def test_the_pair_that_a_page_shows_alone_is_left_out_of_the_code(small):
    for dialect in DIALECTS:
        write_code = getattr(scheme_snippets, dialect)
        one_pair = write_code(Sinusoidal(), small, IDS, replace(ALL, pair=3))
        assert one_pair == write_code(Sinusoidal(), small, IDS, ALL)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("scheme", "heads", "words"),
    [
        (Sinusoidal(), Heads(5), "64 does not divide into 5"),
        (Shaw(max_distance=0), ALL, "max_distance is 0"),
        (T5(n_buckets=3), ALL, "n_buckets is 3"),
        (Rope(RopeParameters(4, base=-1.0)), ALL, "base is -1"),
        (Shaw(max_distance=2, table=np.zeros((5, 16), np.float32)), ALL, "'shaw' is not in pydoc-gpt.onnx, which has none"),
        (Learned(np.zeros((256, 64), np.float32)), ALL, r"'learned' is not in .* of other numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_named(scheme, heads, words, dialect, pydoc):
    with pytest.raises(ShapeError, match=words):
        getattr(scheme_snippets, dialect)(scheme, pydoc, [464, 3797], heads)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("heads", [ALL, RAW], ids=["normalized", "not normalized"])
@pytest.mark.parametrize("scheme", [*SCHEMES.values(), Rope(YARN)], ids=[*SCHEMES, "yarn"])
def test_the_code_is_short_and_no_line_of_it_is_idle(scheme, heads, dialect, small):
    code = getattr(scheme_snippets, dialect)(scheme, small, IDS, heads)
    assert len(code.splitlines()) <= 25
    nodes = list(ast.walk(ast.parse(code)))
    made = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    made |= {name.asname or name.name for node in imports for name in node.names}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert made - used == {"scores"}
