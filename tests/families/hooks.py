"""Hooks that see block 1 of a model at work, and rotations that can be switched off."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_ROTATION: Final = re.compile(r"apply_.*(rot|rope)|rotary_emb|rotary_pos")
_TURNED: Final = frozenset(
    ("q", "k", "x", "xq", "xk", "tensor", "query", "key", "query_layer", "key_layer", "hidden_states")
)
_PRODUCTS: Final = frozenset(("matmul", "__matmul__", "bmm"))


@dataclass
class Seen:
    """What the hooks saw while block 1 ran, in the order of the calls."""

    block: str = ""
    inside: bool = False
    inputs: list[Tensor] = field(default_factory=list)
    rows: Tensor | None = None
    rotated: list[list[Tensor]] = field(default_factory=list)
    attended: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    projected: list[tuple[str, Tensor]] = field(default_factory=list)
    products: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    einsums: list[Tensor] = field(default_factory=list)
    error: str = ""


class _LeftBlock1(Exception):
    """Block 1 is done: the rest of the model need not run."""


def see(model: nn.Module, run: Callable[[], Any], token_ids: Tensor, block: str = "", *, turn: bool = True) -> Seen:
    """Run a model up to the end of its block 1 and return what was seen; without `turn` no rotation does anything.

    Block 1 is the module that `block` names, or the first item of a list of modules that runs.
    An error after block 1 got its input is noted, and one before it is raised.
    """
    seen = Seen()
    blocks = {block: model.get_submodule(block)} if block else dict(_first_items(model))
    handles = [handle for name, part in blocks.items() for handle in _watch(name, part, seen)]
    tables = [part for part in model.modules() if isinstance(part, nn.Embedding)]
    handles += [part.register_forward_pre_hook(_rows(seen, token_ids)) for part in tables]
    try:
        with _recorded(model, seen, turn), _Products(seen):
            run()
    except _LeftBlock1:
        pass
    except Exception as error:
        if not seen.block:
            raise
        seen.error = f"{type(error).__name__}: {error}"
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _first_items(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, part in model.named_modules():
        if isinstance(part, nn.ModuleList) and len(part) and list(part[0].children()):
            yield f"{name}.0", part[0]


def _watch(name: str, part: nn.Module, seen: Seen) -> Iterator[Any]:
    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tensors = [each for each in (*args, *kwargs.values()) if isinstance(each, Tensor) and each.is_floating_point()]
        if tensors and not seen.block:
            seen.block, seen.inside, seen.inputs = name, True, [each.clone() for each in tensors]

    def leave(_: nn.Module, args: Any, output: Any) -> None:
        if seen.block == name:
            raise _LeftBlock1

    def project(inner: str) -> Callable[..., None]:
        def hook(_: nn.Module, args: Any, output: Any) -> None:
            output = output[0] if isinstance(output, tuple) and output else output  # ibert: with its scale
            if seen.inside and seen.block == name and isinstance(output, Tensor):
                seen.projected.append((inner, output.clone()))

        return hook

    yield part.register_forward_pre_hook(enter, with_kwargs=True)
    yield part.register_forward_hook(leave)
    for inner, module in part.named_modules():
        if inner and not list(module.children()):
            yield module.register_forward_hook(project(inner))


def _rows(seen: Seen, token_ids: Tensor) -> Callable[..., None]:
    def hook(table: nn.Module, args: tuple[Any, ...]) -> None:
        given = args[0] if args else None
        if seen.rows is None and isinstance(given, Tensor) and torch.equal(given.reshape(-1), token_ids.reshape(-1)):
            weight: Any = table.weight
            seen.rows = weight.detach()[token_ids].clone()

    return hook


@contextmanager
def _recorded(model: nn.Module, seen: Seen, turn: bool) -> Iterator[None]:
    """Record what every rotation and every attention of the model's own files gets."""
    undo: list[tuple[Any, str, Any]] = []
    files = {type(part).__module__ for part in model.modules()}
    for file in sorted(name for name in files if name.startswith("transformers.models")):
        python = sys.modules[file]
        for name, function in list(vars(python).items()):
            if inspect.isfunction(function) and _ROTATION.search(name):
                undo.append((python, name, function))
                setattr(python, name, _rotation(function, seen, turn))
            elif name == "eager_attention_forward":
                undo.append((python, name, function))
                setattr(python, name, _attention(function, seen))
    try:
        yield
    finally:
        for place, name, function in undo:
            setattr(place, name, function)


def _rotation(function: Callable[..., Any], seen: Seen, turn: bool) -> Callable[..., Any]:
    parameters = list(inspect.signature(function).parameters)

    def recorded(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(parameters, args, strict=False)), **kwargs}
        tensors = [given[name] for name in parameters if name in _TURNED and isinstance(given.get(name), Tensor)]
        if seen.inside:
            seen.rotated.append([each.clone() for each in tensors])
        result = function(*args, **kwargs)
        if turn or not seen.inside:
            return result
        return tensors[0] if isinstance(result, Tensor) else (*tensors, *result[len(tensors) :])

    return recorded


def _attention(function: Callable[..., Any], seen: Seen) -> Callable[..., Any]:
    def recorded(module: nn.Module, query: Tensor, key: Tensor, *args: Any, **kwargs: Any) -> Any:
        if seen.inside:
            seen.attended.append((query.clone(), key.clone()))
        return function(module, query, key, *args, **kwargs)

    return recorded


class _Products(TorchFunctionMode):
    """Record products of two activations inside block 1."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        result = func(*args, **given)
        name = getattr(func, "__name__", "")
        if self.seen.inside and name in _PRODUCTS:
            self._take(*args[:2])
        elif self.seen.inside and name == "baddbmm":
            rest = list(args[1:])
            self._take(given["batch1"] if "batch1" in given else rest.pop(0), given.get("batch2", *rest[:1]))
        elif self.seen.inside and name == "einsum" and isinstance(result, Tensor):
            self.seen.einsums.append(result)
        return result

    def _take(self, *factors: Any) -> None:
        if len(factors) == 2 and all(isinstance(each, Tensor) and each.ndim >= 3 for each in factors):
            self.seen.products.append((factors[0].clone(), factors[1].clone()))
