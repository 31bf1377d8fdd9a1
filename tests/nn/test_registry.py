"""The files of `embedcore.nn` are found by what they hold: schemes by their class, graphs by their list."""

from types import ModuleType

import pytest
from torch import nn

from embedcore.engine.generic_graphs import GRAPHS as FOLDER
from embedcore.errors import ShapeError
from embedcore.model.untrained import SHELL
from embedcore.nn import GRAPHS, SCHEMES, PositionScheme
from embedcore.nn.graph import Graph
from embedcore.nn.registry import graphs_of, schemes_of
from embedcore.schemes.registry import SCHEMES as DECLARED


def holding(name, **own):
    """Return a module of that name with what it defines."""
    module = ModuleType(name)
    for key, value in own.items():
        if isinstance(value, type):
            value.__module__ = name
        setattr(module, key, value)
    return module


def scheme(name):
    return type("Made", (PositionScheme,), {"name": name})


def test_every_declared_scheme_has_a_module_in_the_declarations_order():
    assert list(SCHEMES) == list(DECLARED)
    assert {name: own.name for name, own in SCHEMES.items()} == {name: name for name in SCHEMES}


def test_a_class_that_others_share_is_no_scheme():
    shared = type("Shared", (PositionScheme,), {})
    known = [holding(f"m{index}", Own=scheme(name)) for index, name in enumerate(DECLARED)]
    assert list(schemes_of([*known, holding("shared", Shared=shared)])) == list(DECLARED)


def test_a_scheme_that_is_not_declared_and_one_that_is_alone_declared_are_refused():
    known = [holding(f"m{index}", Own=scheme(name)) for index, name in enumerate(DECLARED)]
    with pytest.raises(ShapeError, match="embedcore/nn has spiral, and embedcore/schemes has no"):
        schemes_of([*known, holding("spiral", Spiral=scheme("spiral"))])
    with pytest.raises(ShapeError, match="embedcore/schemes has none, and embedcore/nn has no"):
        schemes_of(known[1:])


def test_two_schemes_or_two_graphs_of_one_name_are_refused():
    with pytest.raises(ShapeError, match="2 classes have the name 'none'"):
        schemes_of([holding("one", One=scheme("none")), holding("other", Other=scheme("none"))])
    graph = Graph(nn.Identity(), {}, ())
    with pytest.raises(ShapeError, match="2 graphs have the name 'a', the second in other"):
        graphs_of([holding("one", GRAPHS={"a": graph}), holding("other", GRAPHS={"b": graph, "a": graph})])


def test_every_graph_of_the_folder_is_declared_by_a_file():
    assert {path.stem for path in FOLDER.glob("*.onnx")} == {*GRAPHS, SHELL.stem}
