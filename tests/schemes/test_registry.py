"""What the files of the schemes declare: the contract's outputs, parameters and knobs, each once written down again."""

from dataclasses import fields, replace

import pytest

from embedcore.errors import ModelFileError, ShapeError
from embedcore.schemes.declaration import CONTEXT_LENGTH
from embedcore.schemes.outputs import LOOKUP_SCHEMES, SCHEME_OUTPUTS, output_axes
from embedcore.schemes.parameters import check_scheme_name, uses
from embedcore.schemes.registry import SCHEMES, declared_in
from tests.test_contract import METADATA

ROWS = {"position_embeddings": ("sequence", "d_model")}
DISTANCES = {"relative_embeddings": ("2*sequence - 1", "head_dim")}
BIAS = {"attention_bias": ("n_heads", "sequence", "sequence")}
OUTPUTS = {
    "none": {},
    "learned": ROWS,
    "sinusoidal": ROWS,
    "shaw": DISTANCES,
    "transformer-xl": DISTANCES,
    "bert-relative-key": DISTANCES,
    "bert-relative-key-query": DISTANCES,
    "deberta": DISTANCES,
    "t5": BIAS,
    "alibi": BIAS,
    "rope": {"rotary_cos": ("sequence", "head_dim"), "rotary_sin": ("sequence", "head_dim")},
}
# The names in a link, as readers have shared them.
KEYS = {
    "none": (),
    "learned": (),
    "sinusoidal": ("base", "wave_layout", "row_scale"),
    "shaw": ("shaw_distance",),
    "transformer-xl": ("xl_base", "xl_wave_layout"),
    "bert-relative-key": ("bert_distance",),
    "bert-relative-key-query": ("bert_query_distance",),
    "deberta": ("deberta_distance", "deberta_buckets", "deberta_released"),
    "t5": ("t5_buckets", "t5_distance", "t5_both"),
    "alibi": ("alibi_bias_max",),
    "rope": (
        "rope_base", "layout", "rope_rotary_dim", "scaling", "rope_factor", "rope_original_length", "rope_beta_fast",
        "rope_beta_slow", "rope_attention_factor", "rope_low_frequency_factor", "rope_high_frequency_factor",
        "rope_short_factors", "rope_long_factors", "rope_is_truncated", "rope_mscale", "rope_mscale_all_dim",
        "rope_short_mscale", "rope_long_mscale", "rope_proportion",
    ),
}  # fmt: skip


def test_every_scheme_is_found_in_the_contracts_order_with_its_outputs():
    """A scheme that is added later may stand anywhere among these."""
    assert [name for name in SCHEMES if name in OUTPUTS] == list(OUTPUTS)
    assert {name: outputs for name, outputs in SCHEME_OUTPUTS.items() if name in OUTPUTS} == OUTPUTS
    lookups = {"learned", "shaw", "bert-relative-key", "bert-relative-key-query", "deberta", "t5"}
    assert lookups == LOOKUP_SCHEMES & OUTPUTS.keys()


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_axes_of_the_outputs_have_their_sizes(name):
    metadata = replace(METADATA, position_scheme=name, position_parameters={"n_heads": 4})
    sizes = {"d_model": 64, "n_heads": 4, "head_dim": 16}
    rows = ("batch", "sequence", 64)
    expected = {output: tuple(sizes.get(axis, axis) for axis in axes) for output, axes in OUTPUTS[name].items()}
    assert output_axes(metadata) == {"token_embeddings": rows, **expected, "input_embeddings": rows}


def test_a_file_with_an_unknown_scheme_is_refused_with_the_known_ones():
    with pytest.raises(ModelFileError, match=r"'spiral' is unknown; known are none, learned, .*rope"):
        check_scheme_name(replace(METADATA, position_scheme="spiral"))


@pytest.mark.parametrize("name", SCHEMES)
def test_a_knob_has_the_key_of_old_links_and_is_a_field_of_its_scheme(name):
    declared = SCHEMES[name]
    assert name not in KEYS or {knob.key for knob in declared.knobs} == set(KEYS[name])
    known = {own.name for own in fields(declared.scheme)}
    assert {knob.name for knob in declared.knobs if name != "rope"} <= known
    assert all(knob.default in knob.choices for knob in declared.knobs if knob.kind == "choice")


def test_no_two_knobs_have_one_key_and_no_two_options_one_name():
    keys = [knob.key for declared in SCHEMES.values() for knob in declared.knobs]
    assert len(set(keys)) == len(keys)
    names = {(one.option, one.name) for declared in SCHEMES.values() for one in declared.parameters}
    assert len({option for option, _ in names}) == len({name for _, name in names}) == len(names)


def test_parameters_that_follow_the_context_are_those_of_distances():
    following = {
        (name, one.name)
        for name, declared in SCHEMES.items()
        for one in declared.parameters
        if one.default == CONTEXT_LENGTH and name in OUTPUTS
    }
    assert following == {(name, "max_distance") for name in ("bert-relative-key", "bert-relative-key-query", "deberta")}


def test_uses_names_the_parameters_in_their_order():
    assert uses("deberta") == ("n_heads", "max_distance", "n_buckets")
    assert uses("rope", "llama3") == (
        "n_heads", "base", "layout", "scaling", "rotary_dim", "factor", "original_length", "low_frequency_factor",
        "high_frequency_factor",
    )  # fmt: skip


def test_two_files_may_not_declare_one_scheme(tmp_path, monkeypatch):
    (tmp_path / "twins").mkdir()
    for name in ("one", "other"):
        (tmp_path / "twins" / f"{name}.py").write_text("from embedcore.schemes.alibi import DECLARED as DECLARED\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ShapeError, match=r"2 schemes have 1 names, alibi, alibi"):
        declared_in(tmp_path / "twins", "twins")
