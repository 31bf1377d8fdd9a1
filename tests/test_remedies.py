"""Every remedy that a message names is tried: the message is provoked, the remedy read out of it, followed, and works."""

import ast
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import embedcore
from embedcore.checks.given import check_all_there, some_positions_of, vector_of, vectors_of, whole_numbers
from embedcore.checks.sizes import (
    check_base,
    check_bias_max,
    check_buckets,
    check_finite,
    check_flag,
    check_index,
    check_least,
    check_log_buckets,
    check_number,
    check_pairs,
    check_size,
    check_table,
    check_wave_layout,
    check_whole,
    head_width,
    paired_head_width,
)
from embedcore.engine.generic_graphs import run_graph
from embedcore.errors import EmbedcoreError
from embedcore.layer.block import FirstBlock
from embedcore.nn import SCHEMES, InputLayer
from embedcore.nn.distance import all_distances
from embedcore.schemes import (
    Alibi,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    Tokens,
    decay,
    moved,
    word_order,
)
from embedcore.schemes.attention import check_scores
from embedcore.schemes.on_block import heads_of
from embedcore.schemes.rope_options import complete
from embedcore.schemes.rope_parameters import RopeParameters
from export.random import random_layer

ROOT = Path(embedcore.__file__).parent.parent
ROWS = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
TOKENS = Tokens.of(ROWS)
BLOCK = FirstBlock(ROWS, (), (), (), {}, n_heads=2, n_kv_heads=2, head_dim=4)


def numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def each(follow):
    """Follow every number that the remedy names."""

    def all_of(text):
        values = numbers(text)
        assert values, text
        for number in values:
            follow(number)

    return all_of


def paired(d_model, n_heads):
    def follow(heads, wide):
        for number in numbers(heads or ""):
            paired_head_width(d_model, number)
        for number in numbers(wide):
            paired_head_width(number, n_heads)

    return follow


def layer(**changes):
    made = {"context_length": 2, "token_type": None, "layer_norm": None} | changes
    table = made.pop("table", torch.zeros(3, 4))
    return InputLayer(table, made.pop("position", SCHEMES["none"]()), **made)


def two_heads():
    """Return a scheme of two heads of width 4."""
    return SCHEMES["shaw"](torch.zeros(3, 4), n_heads=2, max_distance=1)


def rope(d_model, n_heads, **given):
    return RopeParameters(n_heads, **given).check(d_model // n_heads)


def command(options):
    out = ROOT / "models" / "local" / "never-written.onnx"
    arguments = ["random", "--encoding", "toy", "--d-model", "8", "--context-length", "20", *options.split()]
    import argparse

    from export import random as module

    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module._hyperparameters(parser.parse_args([*arguments[1:], "-o", str(out)]))


# Where it is raised: (what provokes it, where the remedy stands in the message, what follows it).
REMEDIES = {
    "sizes.py head_width": [(lambda: head_width(24, 5), r"choose one of (.*)", each(lambda n: head_width(24, n)))],
    "sizes.py paired_head_width": [
        (lambda d=d, n=n: paired_head_width(d, n), r"choose (?:(.*) heads, or )?a d_model of (.*)", paired(d, n))
        for d, n in ((24, 8), (6, 2), (3, 1), (9, 3), (12, 4), (5, 5), (15, 5))
    ],
    "sizes.py check_pairs": [
        (lambda n=n: check_pairs(n), r"even width, (\d+) say", each(check_pairs)) for n in (-3, 0, 1, 3, 7)
    ],
    "sizes.py check_base": [(lambda: check_base(0), r"take (\d+)", each(check_base))],
    "sizes.py check_bias_max": [(lambda: check_bias_max(0), r"at most (\d+): the paper takes 8", each(check_bias_max))],
    "sizes.py check_wave_layout": [
        (lambda: check_wave_layout("x"), r"one of (.*):", lambda names: [check_wave_layout(n) for n in names.split(", ")])
    ],
    "sizes.py check_whole": [
        (lambda v=v: check_whole(n=v), r"write (?:one, )?(\d+)", each(lambda n: check_size(1, n=n)))
        for v in (0.2, 2.5, 3.0, "3", True, math.nan, math.inf, None)
    ],
    "sizes.py check_number": [(lambda: check_number(n="x"), r"write one, (\d+) say", each(lambda n: check_number(n=n)))],
    "sizes.py check_finite": [(lambda: check_finite(n=math.inf), r"another, (\d+) say", each(lambda n: check_finite(n=n)))],
    "sizes.py check_flag": [
        (lambda: check_flag(f=1), r"must be (True) or (False)", lambda *names: [check_flag(f=n == "True") for n in names])
    ],
    "sizes.py check_least": [(lambda: check_least(2, n=1), r"must be (\d+) or more", each(lambda n: check_least(2, n=n)))],
    "sizes.py check_size": [(lambda: check_size(1, n=10**30), r"must be (\d+) or less", each(lambda n: check_size(1, n=n)))],
    "sizes.py check_index": [
        (lambda: check_index(3, place=0.5), r"from (\d+) to (\d+)", lambda *ends: [check_index(3, place=int(n)) for n in ends]),
        (lambda: check_index(3, place=3), r"outside (\d+)…(\d+)", lambda *ends: [check_index(3, place=int(n)) for n in ends]),
    ],
    "sizes.py check_memory": [
        (lambda: check_table(10**9, 4), r"choose ([\d,]+) rows or fewer", lambda n: check_table(int(n.replace(",", "")), 4)),
        (lambda: check_table(1, 10**9), r"choose ([\d,]+) columns", lambda n: check_table(1, int(n.replace(",", "")))),
        (lambda: check_scores(many(20_000), many(20_000), Heads(1)), r"sequence, ([\d,]+) tokens",
         lambda n: check_scores(many(int(n.replace(",", ""))), many(int(n.replace(",", ""))), Heads(1))),
        (lambda: decay(NoPosition(), ROWS[0], 10**9, Heads(1)), r"smaller reach, ([\d,]+) say",
         lambda n: decay(NoPosition(), ROWS[0], int(n.replace(",", "")), Heads(1))),
        (lambda: Alibi().slopes(Heads(10**9)), r"head (\d+) say", each(lambda n: Alibi().slopes(Heads(10**9, head=n)))),
    ],
    "sizes.py check_buckets": [
        (lambda: check_buckets(3, 99, is_bidirectional=True), r"even and (\d+) or more", each(lambda n: check_buckets(n, 99, is_bidirectional=True))),
        (lambda: check_buckets(32, 8, is_bidirectional=True), r"first (\d+) distances .* choose more", each(lambda n: check_buckets(32, n + 1, is_bidirectional=True))),
    ],
    "sizes.py check_log_buckets": [
        (lambda: check_log_buckets(5, 99), r"must be (0) \(none\) or even and (\d+)", lambda *ns: [check_log_buckets(int(n), 99) for n in ns]),
        (lambda: check_log_buckets(8, 3), r"need more than (\d+): choose more", each(lambda n: check_log_buckets(8, n + 1))),
    ],
    "rope_parameters.py __post_init__": [
        (lambda: RopeParameters(2, factor=8.0), r"belongs to (.*); leave", lambda names: [RopeParameters(2, factor=8.0, scaling=n) for n in re.split(", | and ", names)]),
    ],
    "rope_parameters.py check": [
        (lambda: RopeParameters(2, scaling="x").check(4), r"choose of \(.*\), \((.*)\)", lambda names: [RopeParameters(2, scaling=n.strip("' ")).check(8) for n in names.split(",")]),
        (lambda: rope(8, 4, scaling="ntk"), r"choose (fewer heads)", lambda _: rope(8, 2, scaling="ntk")),
        (lambda: rope(2, 1, scaling="ntk"), r"d_model of (\d+)", each(lambda n: rope(n, 1, scaling="ntk"))),
    ],
    "rope_parameters.py _check_rotary_dim": [
        (lambda: rope(8, 1, rotary_dim=3), r"from (\d+) to (\d+)", lambda *ns: [rope(8, 1, rotary_dim=int(n)) for n in ns]),
    ],
    "rope_parameters.py _check_proportion": [
        (lambda: rope(16, 1, scaling="proportional", proportion=0.0), r"choose (\S+) to (\d)", lambda *ns: [rope(16, 1, scaling="proportional", proportion=float(n)) for n in ns]),
    ],
    "rope_parameters.py _check_llama3": [
        (lambda: rope(16, 1, scaling="llama3", low_frequency_factor=4.0), r"(low) one must be below", lambda _: rope(16, 1, scaling="llama3", low_frequency_factor=3.9)),
    ],
    "rope_parameters.py _check_yarn": [
        (lambda: rope(16, 1, scaling="yarn", beta_slow=40.0), r"(slow) one must be above 0", lambda _: rope(16, 1, scaling="yarn", beta_slow=31.0)),
        (lambda: rope(16, 1, scaling="yarn", base=1.0), r"base above (\d)", each(lambda n: rope(16, 1, scaling="yarn", base=n + 0.1))),
    ],
    "rope_parameters.py _check_one_factor": [
        (lambda: rope(16, 1, scaling="yarn", attention_factor=1.5, mscale=1.0), r"leave out (the other)", lambda _: rope(16, 1, scaling="yarn", attention_factor=1.5)),
    ],
    "rope_parameters.py _check_longrope": [
        (lambda: rope(16, 1, scaling="longrope", long_factors=3), r"write \((\d),\)", each(lambda n: rope(16, 1, scaling="longrope", long_factors=(n,)))),
        (lambda: rope(16, 1, scaling="longrope", long_factors=(1, 2)), r"need (\d), or (\d)", lambda *ns: [rope(16, 1, scaling="longrope", long_factors=(1.0,) * int(n)) for n in ns]),
        (lambda: rope(16, 1, scaling="longrope", long_factors=(0,)), r"above (0)", lambda _: rope(16, 1, scaling="longrope", long_factors=(0.1,))),
    ],
    "parameters.py _scheme": [
        (lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions="x"), r"one of the \d+, (.*)", lambda names: [SCHEMES[n] for n in names.split(", ")]),
    ],
    "parameters.py check_given": [
        (lambda: drawn_layer("alibi", n_heads=2, base=500.0), r"(leave it out)", lambda _: drawn_layer("alibi", n_heads=2)),
        (lambda: drawn_layer("shaw", n_heads=2), r"needs (\w+)", lambda name: drawn_layer("shaw", n_heads=2, **{name: 4})),
    ],
    "given.py vectors_of": [(lambda: vectors_of("x", np.zeros(3)), r"d_model (\d) or more", each(lambda n: vectors_of("x", np.zeros((2, n)))))],
    "given.py vector_of": [(lambda: vector_of("x", np.zeros((3, 2))), r"d_model (\d) or more", each(lambda n: vector_of("x", np.zeros(n))))],
    "given.py positions_of": [
        (lambda: Tokens(ROWS, np.zeros((5, 1))), r"(one number for each)", lambda _: Tokens(ROWS, np.zeros(5))),
        (lambda: Tokens(ROWS, [0, 1]), r"give (\d)", each(lambda n: Tokens(ROWS, np.zeros(n)))),
        (lambda: Tokens(ROWS, [0, 1, math.nan, 3, 4]), r"give one, (\d) say", each(lambda n: Tokens(ROWS, [0, 1, n, 3, 4]))),
    ],
    "given.py some_positions_of": [(lambda: some_positions_of([]), r"give one, (\d) say", each(lambda n: some_positions_of([n])))],
    "given.py whole": [
        (lambda: Shaw().added([0, 1.5], 8), r"round it to (\d), or choose (.*), which", lambda n, names: (Shaw().added([0, int(n)], 8), [real(name).added([0, 1.5], 8) for name in re.split(", | or ", names)])),
    ],
    "given.py whole_numbers": [(lambda: whole_numbers("x", [1.5]), r"round it to (\d)", each(lambda n: whole_numbers("x", [n])))],
    "given.py check_all_there": [(lambda: check_all_there("labels", 2, 3), r"give (\d)", each(lambda n: check_all_there("labels", n, 3)))],
    "given.py _array": [
        (lambda: vectors_of("x", [[1], [1, 2]]), r"(no array)", lambda _: vectors_of("x", [[1, 1], [1, 2]])),
        (lambda: vectors_of("x", [["a"]]), r"must be (numbers)", lambda _: vectors_of("x", [[1]])),
    ],
    "generic_graphs.py _cast": [
        (lambda: run_graph("alibi", query_positions=[0], key_positions=[0], heads=[0], bias_max=8, n_heads=True), r"(whole number)", lambda _: run_graph("alibi", query_positions=[0], key_positions=[0], heads=[0], bias_max=8, n_heads=1)),
        (lambda: run_graph("alibi", query_positions=[0], key_positions=[0], heads=[0], bias_max=8, n_heads=1.5), r"(round it)", lambda _: run_graph("alibi", query_positions=[0], key_positions=[0], heads=[0], bias_max=8, n_heads=2)),
    ],
    "random.py random_layer": [
        (lambda: random_layer(n_vocab=6, d_model=8, context_length=4, seed=-1, positions="none"), r"from (\d+) to (\d+)", lambda *ns: [random_layer(n_vocab=6, d_model=8, context_length=4, seed=int(n), positions="none") for n in ns]),
    ],
    "random.py _hyperparameters": [
        (lambda: command("--positions alibi --base 500"), r"belongs to (.*); leave", lambda names: [command(f"--positions {n} --base 500") for n in re.split(", | and ", names)]),
    ],
    "rope_options.py _lengths": [
        (lambda: command("--positions rope --rope-scaling yarn --rope-original-length 99"), r"give --rope-factor too, (\d) say", each(lambda n: command(f"--positions rope --rope-scaling yarn --rope-original-length 99 --rope-factor {n}"))),
        (lambda: complete({"scaling": "yarn", "original_length": 99}, 20), r"give --rope-factor too, (\d) say", each(lambda n: complete({"scaling": "yarn", "original_length": 99, "factor": n}, 20))),
    ],
    "learned.py _table": [
        (lambda: Learned(ROWS).added([5], 8), r"0…(\d); choose a shorter", each(lambda n: Learned(ROWS).added([n], 8))),
        (lambda: Learned(ROWS).added([1], 4), r"are (\d) wide", each(lambda n: Learned(ROWS).added([1], n))),
    ],
    "sinusoidal.py _pair": [
        (lambda: Sinusoidal(wave_layout="halves").attend(TOKENS, TOKENS, Heads(2, pair=1)), r"choose (\d) head", each(lambda n: Sinusoidal(wave_layout="halves").attend(TOKENS, TOKENS, Heads(n, pair=1)))),
    ],
    "attention.py check_scores": [(lambda: NoPosition().attend(TOKENS, Tokens.of(ROWS[:, :4]), Heads(1)), r"(one width)", lambda _: NoPosition().attend(TOKENS, TOKENS, Heads(1)))],
    "attention.py learned_table": [(lambda: Shaw(table=ROWS).added([0], 8) or Shaw(table=ROWS).attend(TOKENS, TOKENS, Heads(2)), r"(leave the table out)", lambda _: Shaw().attend(TOKENS, TOKENS, Heads(2)))],
    "attention.py check": [
        (lambda: Heads(8, pair=0).check(8), r"(leave it out), or choose (fewer heads)", lambda *_: (Heads(8).check(8), Heads(4, pair=0).check(8))),
        (lambda: Heads(2, pair=2).check(8), r"outside (\d)…(\d)", lambda *ns: [Heads(2, pair=int(n)).check(8) for n in ns]),
    ],
    "on_block.py heads_of": [(lambda: heads_of(BLOCK, Heads(3)), r"has (\d) heads", lambda n: heads_of(BLOCK, Heads(int(n))))],
    "measures.py word_order": [(lambda: word_order(NoPosition(), (TOKENS, TOKENS), [0, 1, 2, 3, 3], Heads(1)), r"each of 0…(\d) once", each(lambda n: word_order(NoPosition(), (TOKENS, TOKENS), np.arange(n + 1), Heads(1))))],
    "measures.py moved": [(lambda: moved([1, 2], [1, 3]), r"use the (same words)", lambda _: moved([1, 2], [2, 1]))],
    "rope.py _pair": [(lambda: Rope(RopeParameters(1, rotary_dim=4)).attend(TOKENS, TOKENS, Heads(1, pair=2)), r"from (\d) to (\d)", lambda *ns: [Rope(RopeParameters(1, rotary_dim=4)).attend(TOKENS, TOKENS, Heads(1, pair=int(n))) for n in ns])],
    "distance.py all_distances": [(lambda: all_distances(torch.arange(0)), r"has (\d) or more", each(lambda n: all_distances(torch.arange(n))))],
    "input_layer.py _check": [
        (lambda: layer(table=torch.zeros(3)), r"at least (\d)", each(lambda n: layer(table=torch.zeros(n, n)))),
        (lambda: layer(layer_norm=nn.LayerNorm(4, bias=False)), r"give nn.LayerNorm\((d_model)\)", lambda _: layer(layer_norm=nn.LayerNorm(4))),
        (lambda: layer(token_type=torch.zeros(3)), r"table is (\d) wide", each(lambda n: layer(token_type=torch.zeros(n)))),
        (lambda: layer(position=SCHEMES["learned"](torch.zeros(1, 4))), r"context_length is (\d): give at least", each(lambda n: layer(position=SCHEMES["learned"](torch.zeros(n, 4))))),
    ],
    "input_layer.py _check_heads": [
        (lambda: layer(position=two_heads(), head_dim=2), r"is (\d) wide", each(lambda n: layer(position=two_heads(), head_dim=n))),
        (lambda: layer(position=two_heads()), r"is (\d) wide, but the token table .* unless the model's own (head_dim) is given", lambda n, _: (layer(table=torch.zeros(3, int(n)), position=two_heads()), layer(position=two_heads(), head_dim=4))),
    ],
    "relative.py __init__": [(lambda: SCHEMES["shaw"](torch.zeros(3, 4), n_heads=2, max_distance=4), r"needs (\d) rows", each(lambda n: SCHEMES["shaw"](torch.zeros(n, 4), n_heads=2, max_distance=4)))],
    "scheme.py check_matrix": [(lambda: SCHEMES["learned"](torch.zeros(3)), r"each (\d) or more", each(lambda n: SCHEMES["learned"](torch.zeros(n, n))))],
}  # fmt: skip
# Raised where a file is broken: their remedy, another file, is tried in the tests of files.
OF_FILES = {
    "scheme.py scheme_of_model": 2,
    "scheme.py learned_of_model": 1,
    "pattern.py rule_of_block": 1,
    "parameters.py _check_above_zero": 1,
    "parameters.py check_scheme_name": 1,
    "registry.py declared_in": 1,  # of the library's own files, as the next
    "registry.py schemes_of": 2,
}


def many(n):
    return Tokens.of(np.zeros((n, 2), np.float32))


def drawn_layer(name, **given):
    return random_layer(n_vocab=6, d_model=8, context_length=4, seed=1, positions=name, **given)


def real(name):
    schemes = {"rope": Rope(RopeParameters(2)), "sinusoidal": Sinusoidal(), "alibi": Alibi(), "none": NoPosition()}
    return schemes[name]


@pytest.mark.parametrize(
    ("provoke", "remedy", "follow"),
    [row for rows in REMEDIES.values() for row in rows],
    ids=[f"{site} {turn}" for site, rows in REMEDIES.items() for turn, _ in enumerate(rows)],
)
def test_a_remedy_works_when_it_is_followed(provoke, remedy, follow):
    with pytest.raises(EmbedcoreError) as caught:
        provoke()
    match = re.search(remedy, str(caught.value))
    assert match, str(caught.value)
    follow(*match.groups())


def test_every_message_that_is_raised_is_tried_here():
    counts = Counter()
    rooms = [ROOT / "embedcore" / room for room in ("checks", "schemes", "nn")]
    paths = [ROOT / "embedcore" / "engine" / "generic_graphs.py", ROOT / "export" / "random.py"]
    paths += [path for room in rooms for path in room.glob("*.py") if path.name != "token_ids.py"]  # of users' ids
    paths += [ROOT / "embedcore" / "model" / "scheme.py"]
    for path in paths:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc]
                counts[f"{path.name} {function.name}"] += sum(
                    "NotImplemented" not in ast.unparse(exc) for exc in raised
                )
    counts = Counter({site: n for site, n in counts.items() if n})
    assert set(counts) == set(REMEDIES) | set(OF_FILES)
    for site, n_raised in counts.items():
        assert OF_FILES.get(site, len(REMEDIES.get(site, ()))) >= n_raised, site
