"""`verify` has one oracle for each scheme, independent of the torch modules; without an oracle there is no parity."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import export.oracles.registry as registry
from embedcore.errors import ParityError
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.schemes.registry import SCHEMES
from export.oracles.bias import bias_by_distance
from export.oracles.request import Request
from export.verify import verify
from tests.test_architecture import imported
from tests.test_contract import METADATA

FILES = sorted(Path(registry.__file__).parent.glob("*.py"))


def test_every_declared_scheme_has_an_oracle():
    assert set(registry.ORACLES) == set(SCHEMES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_oracle_is_independent_of_what_it_is_held_to(path):
    """An oracle imports neither the torch modules nor the arithmetic of the schemes."""
    allowed = {"embedcore.contract", "embedcore.errors", "embedcore.files.modules", "embedcore.values"}
    others = {name for name in imported(path) if name.split(".")[0] in {"embedcore", "torch"}}
    assert {name for name in others if not name.startswith(tuple(allowed))} <= {"embedcore"}


def test_a_file_whose_scheme_has_no_oracle_fails_in_plain_words(monkeypatch):
    path = MODELS_FOLDER / "toy.onnx"
    assert all(check.is_met for check in verify(path))
    others = {name: oracle for name, oracle in registry.ORACLES.items() if name != "learned"}
    monkeypatch.setattr(registry, "ORACLES", others)
    unmet = {check.name: check.detail for check in verify(path) if not check.is_met}
    assert list(unmet) == ["parity"]
    assert "the positional scheme 'learned' has no oracle" in unmet["parity"]
    assert "write a file of export/oracles that lists 'learned' in ORACLES" in unmet["parity"]


def test_two_oracles_of_one_scheme_are_refused():
    one, other = ModuleType("one"), ModuleType("other")
    one.ORACLES = other.ORACLES = {"learned": registry.ORACLES["learned"]}
    with pytest.raises(ParityError, match="'learned' has 2 oracles, the second in other"):
        registry.oracles_of([one, other])


def test_a_bias_by_distance_lies_where_its_query_and_key_do():
    """The bias is the distance in head 0 and its square in head 1, for queries 2 and 3 of 5 positions."""
    bias = bias_by_distance(
        Request(METADATA, np.zeros((0, 0)), 5, 2, 4), lambda distances: np.array([[d, d * d] for d in distances])
    )["attention_bias"]
    expected = [[[2, 1, 0, -1, -2], [3, 2, 1, 0, -1]], [[4, 1, 0, 1, 4], [9, 4, 1, 0, 1]]]
    np.testing.assert_array_equal(bias, expected)
