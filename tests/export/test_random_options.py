"""The options of `export random`: one that the scheme or its scaling does not use is refused, with who uses it."""

import itertools
import math
import re

import pytest

from embedcore.errors import ShapeError
from embedcore.model.file import read_model_file
from embedcore.schemes.rope_parameters import ARGUMENTS, SCALINGS
from export.__main__ import main
from export.random import random_layer

SMALL = ["random", "--encoding", "toy", "--d-model", "64", "--context-length", "20"]

# What the papers' formulas hold, written down once more: each option with a value and the schemes that have such a number.
HEADS = {"shaw", "transformer-xl", "bert-relative-key", "bert-relative-key-query", "deberta", "t5", "alibi", "rope"}
OF_SCHEMES = {
    "--n-heads 2": HEADS,
    "--base 500": {"sinusoidal", "transformer-xl", "rope"},
    "--max-distance 40": {"shaw", "bert-relative-key", "bert-relative-key-query", "deberta", "t5"},
    "--n-buckets 8": {"deberta", "t5"},
    "--causal": {"t5"},
    "--wave-layout halves": {"sinusoidal", "transformer-xl"},
    "--bias-max 16": {"alibi"},
    "--rope-rotary-dim 4": {"rope"},
    "--rope-layout interleaved": {"rope"},
    "--rope-scaling none": {"rope"},
}
OF_SCALINGS = {
    "--rope-factor 8": {"linear", "ntk", "dynamic", "yarn", "llama3", "longrope", "proportional"},
    "--rope-original-length 5": {"dynamic", "stepped", "yarn", "llama3", "longrope"},
    "--rope-beta-fast 16": {"yarn"},
    "--rope-beta-slow 2": {"yarn"},
    "--rope-attention-factor 1.5": {"yarn", "longrope"},
    "--rope-no-truncate": {"yarn"},
    "--rope-mscale 0.5": {"yarn"},
    "--rope-mscale-all-dim 0.5": {"yarn"},
    "--rope-low-frequency-factor 0.5": {"llama3"},
    "--rope-high-frequency-factor 2": {"llama3"},
    "--rope-short-factors 1.5": {"longrope"},
    "--rope-long-factors 3": {"longrope"},
    "--rope-short-mscale 1.5": {"longrope"},
    "--rope-long-mscale 1.5": {"longrope"},
    "--rope-proportion 0.5": {"proportional"},
}
KNOWN = {"none", "linear", "ntk", "dynamic", "stepped", "yarn", "llama3", "longrope", "proportional"}
SCHEMES = ("none", "learned", "sinusoidal", *sorted(HEADS))


def write(path, options):
    return main([*SMALL, *options.split(), "-o", str(path)])


def parameters(path):
    return read_model_file(path).metadata.position_parameters


@pytest.mark.parametrize(
    ("option", "scheme"),
    [(option, scheme) for option, scheme in itertools.product(OF_SCHEMES, SCHEMES) if scheme not in OF_SCHEMES[option]],
)
def test_an_option_of_another_scheme_is_refused_with_those_that_use_it(tmp_path, capsys, option, scheme):
    assert write(tmp_path / "m.onnx", f"--positions {scheme} {option}") == 1
    said = capsys.readouterr().err
    assert f"{option.split()[0]} is not used by {scheme}: it belongs to " in said
    assert set(re.split(", | and ", said.partition(" belongs to ")[2].partition(";")[0])) == OF_SCHEMES[option]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "scaling"),
    [
        (option, scaling)
        for option, scaling in itertools.product(OF_SCALINGS, sorted(KNOWN))
        if scaling not in OF_SCALINGS[option]
    ],
)
def test_an_option_of_another_scaling_is_refused_with_those_that_use_it(tmp_path, capsys, option, scaling):
    assert write(tmp_path / "m.onnx", f"--positions rope --rope-scaling {scaling} {option}") == 1
    said = capsys.readouterr().err
    assert f"{option.split()[0]} is not used by scaling '{scaling}': it belongs to " in said
    named = set(re.split(", | and ", said.partition(" belongs to ")[2].partition(";")[0]))
    assert named & KNOWN == OF_SCALINGS[option]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", OF_SCALINGS)
def test_an_option_of_rotary_positions_is_refused_elsewhere_and_the_remedy_works(tmp_path, capsys, option):
    path = tmp_path / "m.onnx"
    assert write(path, f"--positions alibi {option}") == 1
    said = capsys.readouterr().err
    scalings = re.search(r"belongs to rope with scaling (.*?); leave it out", said)[1].split(" or ")
    assert set(scalings) & set(SCALINGS) >= OF_SCALINGS[option]
    assert write(path, f"--positions rope --rope-scaling {scalings[0]} {option}") == 0
    if option == "--rope-no-truncate":
        assert parameters(path)["is_truncated"] is False
        return
    name = option.split()[0].removeprefix("--rope-").replace("-", "_")
    value = float(option.split()[1])
    assert parameters(path)[name] in (value, [value])


def test_every_option_that_is_not_used_is_named(tmp_path, capsys):
    assert write(tmp_path / "m.onnx", "--positions alibi --base 500 --causal --rope-beta-fast 3") == 1
    said = capsys.readouterr().err
    assert "--base is not used by alibi: it belongs to sinusoidal, transformer-xl and rope; leave it out" in said
    assert "--causal is not used by alibi: it belongs to t5; leave it out, or choose that one" in said
    assert "--rope-beta-fast is not used by alibi: it belongs to rope with scaling yarn" in said


def test_a_factor_without_a_scaling_is_refused(tmp_path, capsys):
    assert write(tmp_path / "m.onnx", "--positions rope --rope-factor 8") == 1
    assert "--rope-factor is not used by scaling 'none': it belongs to linear, ntk" in capsys.readouterr().err


def test_an_option_at_its_default_value_is_refused_too(tmp_path):
    assert write(tmp_path / "m.onnx", "--base 10000") == 1
    assert write(tmp_path / "m.onnx", "--n-heads 4") == 1
    assert write(tmp_path / "m.onnx", "") == 0


@pytest.mark.parametrize(
    ("options", "factor", "original_length"),
    [
        ("", 4.0, 5),
        ("--rope-factor 2", 2.0, 10),
        ("--rope-original-length 16", 1.25, 16),
        ("--rope-factor 2.5 --rope-original-length 8", 2.5, 8),
        ("--rope-factor 3 --rope-original-length 6", 3.0, 6),  # 20 // 3
    ],
)
def test_the_factor_and_the_trained_length_follow_from_each_other(tmp_path, capsys, options, factor, original_length):
    path = tmp_path / "m.onnx"
    assert write(path, f"--positions rope --rope-scaling longrope {options}") == 0
    written = parameters(path)
    assert (written["factor"], written["original_length"]) == (factor, original_length)
    assert written["long_factors"] == [factor]
    assert "times" not in capsys.readouterr().err


def test_longropes_attention_factor_is_that_of_the_trained_length(tmp_path):
    """A context of 20 that was trained at 16 gives √(1 + ln 1.25 / ln 16), and not √(1 + ln 4 / ln 16)."""
    layer = random_layer(
        n_vocab=6, d_model=8, context_length=20, seed=1, positions="rope", n_heads=1, scaling="longrope",
        factor=1.25, original_length=16,
    )  # fmt: skip
    assert float(layer.position.outputs(_places(1))["rotary_cos"][0, 0]) == pytest.approx(
        math.sqrt(1 + math.log(1.25) / math.log(16)), rel=1e-6
    )
    assert write(tmp_path / "m.onnx", "--positions rope --rope-scaling longrope --rope-original-length 16") == 0
    assert parameters(tmp_path / "m.onnx")["factor"] == 1.25


def test_a_factor_and_a_trained_length_that_disagree_are_told_and_written(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    assert write(path, "--positions rope --rope-scaling yarn --rope-factor 8 --rope-original-length 16") == 0
    written, said = parameters(path), capsys.readouterr().err
    assert (written["factor"], written["original_length"]) == (8.0, 16)
    assert "--rope-factor 8 times --rope-original-length 16 is 128, but the context's length is 20" in said


def test_a_trained_length_past_the_context_asks_for_a_factor_and_takes_it(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    options = "--positions rope --rope-scaling yarn --rope-original-length 4096"
    assert write(path, options) == 1
    said = capsys.readouterr().err
    assert "--rope-original-length is 4,096 and the context's length 20" in said
    factor = re.search(r"give --rope-factor too, (\S+) say", said)[1]
    assert write(path, f"{options} --rope-factor {factor}") == 0
    assert parameters(path)["original_length"] == 4096


@pytest.mark.parametrize(
    ("positions", "options", "words"),
    [
        ("alibi", {"n_heads": 2, "base": 500.0}, "base is not used by alibi: it belongs to sinusoidal"),
        ("none", {"n_heads": 2}, "n_heads is not used by none: it belongs to shaw"),
        ("alibi", {"n_heads": 2, "nonsense": 1}, "nonsense is no parameter of any scheme.* alibi uses n_heads"),
        ("rope", {"n_heads": 2, "factor": 8.0}, "factor is not used by scaling 'none': it belongs to linear"),
        ("rope", {"n_heads": 2, "length": 8.0}, "length is no parameter of any scheme"),
        ("rope", {"n_heads": 2, "given_": ()}, "given_ is no parameter of any scheme"),
        ("shaw", {"n_heads": 2}, "shaw needs max_distance, which is not given"),
        ("t5", {}, "t5 needs n_heads, max_distance, n_buckets, is_bidirectional, which are not given"),
        ("nope", {}, "there is no scheme 'nope': choose one of the "),
    ],
)  # fmt: skip
def test_the_library_refuses_the_same(positions, options, words):
    with pytest.raises(ShapeError, match=words):
        random_layer(n_vocab=6, d_model=8, context_length=9, seed=1, positions=positions, **options)


def test_every_number_of_every_scaling_has_an_option():
    names = {option.split()[0].removeprefix("--rope-").replace("-", "_") for option in OF_SCALINGS} - {"no_truncate"}
    assert names >= {"factor", "original_length"}
    assert {name for used in ARGUMENTS.values() for name in used} - {"base", "length"} >= names


def _places(n):
    import torch

    return torch.arange(n)
