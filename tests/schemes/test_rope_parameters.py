"""The numbers of a rotary scheme: a number that is given and not used is refused, one that is not given has its default."""

from dataclasses import replace

import pytest

from embedcore.errors import ShapeError
from embedcore.schemes import Rope
from embedcore.schemes.rope_parameters import ARGUMENTS, DEFAULTS, SCALINGS, RopeParameters, default, optional

# A value of each number that some scalings use, none of them its default.
OTHERS = {
    "factor": 8.0, "original_length": 64, "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 1.5,
    "low_frequency_factor": 2.0, "high_frequency_factor": 5.0, "short_factors": (1.5,), "long_factors": (6.0,),
    "is_truncated": False, "mscale": 0.7, "mscale_all_dim": 0.5, "short_mscale": 1.2, "long_mscale": 1.3, "proportion": 0.5,
}  # fmt: skip


def test_every_number_that_has_a_default_is_tried_here():
    assert list(OTHERS) == list(DEFAULTS)
    assert {name for used in ARGUMENTS.values() for name in used} - {"base", "length"} == set(DEFAULTS)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("name", OTHERS)
def test_a_number_is_used_or_refused_with_those_that_use_it(name, scaling):
    if name in ARGUMENTS[scaling]:
        parameters = RopeParameters(4, scaling=scaling, **{name: OTHERS[name]})
        written = parameters.hyperparameters()[name]
        assert written == (list(OTHERS[name]) if isinstance(OTHERS[name], tuple) else OTHERS[name])
        return
    with pytest.raises(ShapeError) as caught:
        RopeParameters(4, scaling=scaling, **{name: OTHERS[name]})
    said = str(caught.value)
    assert said.startswith(f"{name} is not used by scaling {scaling!r}: it belongs to ")
    users = said.partition(" belongs to ")[2].partition(";")[0].replace(" and ", ", ").split(", ")
    assert users == [other for other in SCALINGS if name in ARGUMENTS[other]]
    for user in users:  # the remedy, followed
        RopeParameters(4, scaling=user, **{name: OTHERS[name]}).check(16)


def test_a_value_that_is_the_default_is_refused_too():
    with pytest.raises(ShapeError, match="factor is not used by scaling 'none'"):
        RopeParameters(4, factor=4.0)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_what_is_not_given_has_its_default_and_is_written(scaling):
    """Only parameters that are newer than files of version 1 are left out."""
    hyperparameters = RopeParameters(4, scaling=scaling).hyperparameters()
    written = [name for name in ARGUMENTS[scaling] if name in DEFAULTS and name not in optional(scaling)]
    expected = {name: default(scaling, name) for name in written}
    expected = {name: list(value) if isinstance(value, tuple) else value for name, value in expected.items()}
    assert hyperparameters == {"n_heads": 4, "layout": "half", "scaling": scaling, "base": 10_000.0} | expected
    again = RopeParameters(**hyperparameters)
    assert again.hyperparameters() == hyperparameters
    assert again.arguments(16) == RopeParameters(4, scaling=scaling).arguments(16)


@pytest.mark.parametrize("before", SCALINGS)
@pytest.mark.parametrize("after", SCALINGS)
def test_another_scaling_takes_the_numbers_that_it_uses_and_no_other(before, after):
    given = {name: value for name, value in OTHERS.items() if name in ARGUMENTS[before]}
    changed = replace(RopeParameters(4, base=500.0, scaling=before, **given), scaling=after)
    both = {name: value for name, value in given.items() if name in ARGUMENTS[after]}
    assert changed == RopeParameters(4, base=500.0, scaling=after, **both)
    assert hash(changed) == hash(RopeParameters(4, base=500.0, scaling=after, **both))
    assert Rope(RopeParameters(4, base=500.0, scaling=before, **given)).every_scaling()[after].parameters == changed


def test_a_number_that_replace_gives_anew_is_refused_as_at_first():
    yarn = RopeParameters(4, scaling="yarn", factor=8.0, beta_fast=16.0)
    with pytest.raises(ShapeError, match="beta_fast is not used by scaling 'linear': it belongs to yarn"):
        replace(yarn, scaling="linear", beta_fast=17.0)
    with pytest.raises(ShapeError, match="factor is not used by scaling 'none'"):
        replace(RopeParameters(4), factor=8.0)
    assert replace(yarn, beta_fast=17.0).value("beta_fast") == 17.0


def test_every_scaling_takes_a_trained_length_that_the_own_one_does_not_have():
    schemes = Rope(RopeParameters(4)).every_scaling(original_length=64)
    assert {name: rope.parameters.original_length for name, rope in schemes.items()} == {
        "none": None, "linear": None, "ntk": None, "dynamic": 64, "stepped": 64, "yarn": 64, "llama3": 64, "longrope": 64,
        "proportional": None,
    }  # fmt: skip
    own = Rope(RopeParameters(4, scaling="yarn", original_length=32)).every_scaling(original_length=64)
    assert own["llama3"].parameters.original_length == 32
