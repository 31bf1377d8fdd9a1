"""Results are values: every dataclass that holds arrays can be compared, found in a list and kept in a set."""

import copy
import dataclasses
import importlib
import pickle
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
import torch

from embedcore.maps.layouts import NeighborMap
from embedcore.maps.linear import Projection
from embedcore.maps.project import project
from embedcore.schemes import Heads
from embedcore.space.neighbors import NeighborIndex, neighbors
from embedcore.values import ByContent

ROOT = Path(__file__).parent.parent
SCRIPTS = {path for path in (ROOT / "pages").glob("*.py")}  # pages run when they are imported


def dataclasses_of_the_house():
    classes = []
    for room in ("embedcore", "export", "pages"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if path in SCRIPTS or path.name == "__main__.py":
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            module = importlib.import_module(name)
            classes += [
                value
                for value in vars(module).values()
                if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == name
            ]
    return classes


def hints(cls):
    every = typing.get_type_hints(cls)
    return {field.name: every[field.name] for field in dataclasses.fields(cls)}


def parts(hint):
    """Yield a type hint and all that it is made of."""
    yield hint
    for part in typing.get_args(hint):
        yield from parts(part)


def is_array(hint):
    return hint is np.ndarray or hasattr(hint, "array_type")


def is_unhashable(hint):
    """Whether a value of this type has no equality or hash of its own that one can use."""
    origin = typing.get_origin(hint) or hint
    return is_array(hint) or origin in (Mapping, dict, list, Sequence, torch.Tensor)


EVERY = dataclasses_of_the_house()
HOLDERS = [
    cls
    for cls in EVERY  # what is not frozen is no result
    if cls.__dataclass_params__.frozen
    and (  # some types are anything as a program runs, for they are checked in other words
        issubclass(cls, ByContent) or any(is_unhashable(part) for hint in hints(cls).values() for part in parts(hint))
    )
]


class Foreign(Enum):
    """Stands for a model, an index or a tensor: equal to itself alone, and so are its copies."""

    ONE = "one"
    OTHER = "other"


SIMPLE = {
    int: (2, 3),
    float: (0.5, 0.25),
    str: ("one", "two"),
    bool: (False, True),
    bytes: (b"a", b"b"),
    np.ndarray: (np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, 4.0])),
    typing.Any: (1, [1, {"c": float("nan")}]),
}
CONTAINERS = {list: list, tuple: tuple, Sequence: list}


def value_of(hint, other):
    """Return a value of a type, and a different one where `other` is true."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Heads:  # its sizes are whole numbers, whatever their types say
        return Heads(3 if other else 2)
    if hint in SIMPLE:
        return SIMPLE[hint][other]
    if is_array(hint):
        return array_of(hint, other)
    if origin is typing.Literal:
        return arguments[-1 if other else 0]
    if origin in (typing.Union, types.UnionType):
        return value_of(arguments[0], other)
    if origin in CONTAINERS:
        return CONTAINERS[origin](value_of(part, other) for part in arguments if part is not ...)
    if origin is Mapping:
        return {"a": value_of(arguments[1], other), "b": value_of(arguments[1], True)}
    if dataclasses.is_dataclass(hint):
        return made(hint) if not other else made(hint, *hints(hint))
    return Foreign.OTHER if other else Foreign.ONE


def array_of(hint, other):
    dtype = np.dtype("float64" if "float64" in hint.dtypes else hint.dtypes[0])
    values = np.arange(1, 3, dtype=dtype)
    if dtype.kind == "f":
        values[0] = np.nan
    values[-1] += other
    return values


def made(cls, *changed):
    """Return an instance of `cls`, made of its fields alone; the fields in `changed` have other values."""
    value = object.__new__(cls)
    for name, hint in hints(cls).items():
        is_within_itself = cls in typing.get_args(hint)  # an audit holds another one, or none
        field = (made(cls) if name in changed else None) if is_within_itself else value_of(hint, name in changed)
        object.__setattr__(value, name, field)
    return value


def test_the_kind_is_found():
    names = {cls.__name__ for cls in HOLDERS}
    assert {
        "InputLayer", "Neighbors", "Projection", "LinearProjection", "NeighborMap", "Batch", "Tokenization", "StoredMap",
        "Fidelity", "Audit", "Grid", "Alignment", "ModelMetadata", "Learned", "Trained", "Space", "Marks",
    } <= names  # fmt: skip
    assert len(names) >= 40


@pytest.mark.parametrize("cls", HOLDERS, ids=lambda cls: cls.__name__)
def test_what_holds_arrays_is_compared_by_content_or_by_identity_never_by_raising(cls):
    one, same = made(cls), copy.deepcopy(made(cls))
    compared = [field.name for field in dataclasses.fields(cls) if field.compare]
    others = [made(cls, name) for name in compared]
    assert one == one
    assert hash(one) == hash(one)
    assert one != "one"
    assert one in [*others, one]
    assert [*others, one].index(one) == len(others)
    assert len({one, one, *others}) == 1 + len(others)
    if not issubclass(cls, ByContent):
        assert one != same
        return
    assert one == same
    assert hash(one) == hash(same)
    assert {one: "found"}[same] == "found"
    kept = [*others, same]
    kept.remove(one)
    assert all(left is right for left, right in zip(kept, others, strict=True))
    for name, other in zip(compared, others, strict=True):
        assert one != other, name


@pytest.mark.parametrize("cls", [cls for cls in HOLDERS if issubclass(cls, ByContent)], ids=lambda cls: cls.__name__)
def test_a_value_is_frozen_slotted_and_pickled_as_before(cls):
    one = made(cls)
    assert cls.__dataclass_params__.frozen
    assert dataclasses.fields(cls)
    assert hasattr(one, "__dict__") == (cls.__dict__.get("__slots__") is None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, dataclasses.fields(cls)[0].name, None)
    back = pickle.loads(pickle.dumps(one))
    assert back == one
    assert hash(back) == hash(one)


def test_only_torchs_tensors_and_rows_of_a_registry_are_equal_to_themselves_alone():
    assert {cls.__name__ for cls in HOLDERS if not issubclass(cls, ByContent)} == {
        "Corpus",
        "Declaration",
        "Extension",
        "Graph",
        "Knob",
        "MapMethod",
        "NumberType",
        "Presentation",
    }


def test_arrays_are_equal_by_type_shape_and_every_value():
    @dataclasses.dataclass(frozen=True, slots=True, eq=False)
    class Held(ByContent):
        value: object

    def is_equal(left, right):
        equal = Held(left) == Held(right)
        assert (Held(left) != Held(right)) != equal
        if equal:
            assert hash(Held(left)) == hash(Held(right))
        return equal

    zeros = np.zeros(4, np.float32)
    assert is_equal(zeros, -zeros)
    assert is_equal(np.array([np.nan, 1]), np.array([-np.nan, 1]))
    assert is_equal(np.asfortranarray(np.arange(12.0).reshape(3, 4)), np.arange(12.0).reshape(3, 4))
    assert is_equal(np.arange(20)[::2], np.arange(0, 20, 2))
    assert is_equal(np.array([" a", "b"]), np.array([" a", "b"]))
    assert is_equal(np.zeros((0, 3)), np.zeros((0, 3)))
    assert is_equal(float("nan"), float("nan"))
    assert is_equal({"a": [np.arange(3)]}, {"a": [np.arange(3)]})
    assert not is_equal(zeros, zeros.astype(np.float64))
    assert not is_equal(zeros, zeros[:, None])
    assert not is_equal(zeros, zeros[:3])
    assert not is_equal(zeros, [0.0] * 4)
    assert not is_equal([0.0] * 4, zeros)
    assert not is_equal(None, zeros)
    assert not is_equal({"a": zeros}, {"b": zeros})
    assert not is_equal({"a": zeros}, {"a": zeros + 1})
    assert not is_equal((zeros,), (zeros, zeros))
    big = np.zeros((1000, 100))
    other = big.copy()
    other[517, 3] = 1e-300  # a value that the hash does not look at
    assert not is_equal(big, other)


def test_a_result_of_a_whole_table_writes_itself_short():
    index = NeighborIndex(np.eye(3))
    layout = NeighborMap(np.zeros((50_257, 2), np.float32), "tsne", index)
    assert len(repr(layout)) < 500
    assert layout == NeighborMap(np.zeros((50_257, 2), np.float32), "tsne", index)
    assert layout != NeighborMap(np.zeros((50_257, 2), np.float32), "tsne", NeighborIndex(np.eye(3)))
    assert layout != Projection(layout.coordinates, "tsne")


def test_results_of_the_library_are_values(toy):
    one, two = toy.tokenizer.encode("fox jumps"), toy.tokenizer.encode("fox jumps")
    assert one == two
    assert one in [two]
    assert {one} == {two}
    assert one != toy.tokenizer.encode("fox jumps over")
    layer = toy.run(one.token_ids)
    assert layer == toy.run(one.token_ids)  # which took another time
    assert layer != dataclasses.replace(layer, extras={"a": np.zeros(3)})
    assert project(toy.table) == project(toy.table)
    assert project(toy.table) != project(toy.table, n_components=1)
    assert neighbors(toy.table, toy.table, k=2) in [neighbors(toy.table, toy.table, k=2)]
