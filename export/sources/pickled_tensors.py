"""The tensors that the pickle of a PyTorch checkpoint names: in which member of the archive each lies, and how.

Source: torch/serialization.py and torch/_utils.py of torch 2.13.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from export.sources.pickle_machine import Calls, Named, set_items, unpickled
from export.sources.source import TABLE

# Where a checkpoint holds more than the model, its tensors are under one of these.
_OF_MODEL: Final = ("state_dict", "model_state_dict", "model", "module")
_STORAGES: Final[Mapping[str, str]] = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
_DTYPES: Final[Mapping[str, str]] = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


@dataclass(frozen=True, slots=True)
class PickledStorage:
    """A run of numbers: the name of its member in the archive, and its type; None where the tensor says the type."""

    key: str
    dtype: str | None


@dataclass(frozen=True, slots=True)
class PickledTensor:
    """A tensor within a storage; `offset` and `strides` count numbers of `dtype`, from 0 on as the sizes do."""

    storage: PickledStorage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def pickled_tensors(content: bytes) -> dict[str, PickledTensor]:
    """Return name → tensor of a pickled dictionary of tensors; a tensor alone is named "table".

    Values that are no tensors are left out. Where the dictionary has none, those of its part "state_dict",
    "model_state_dict", "model" or "module" are taken. Raises ValueError, saying why, if there are none, or the pickle
    has anything in it that a checkpoint of tensors does not need.
    """
    value = unpickled(content, _CALLS, _storage)
    if isinstance(value, PickledTensor):
        return {TABLE: value}
    if type(value) is not dict:
        msg = f"it holds a {type(value).__name__} and no dictionary of tensors"
        raise ValueError(msg)
    for part in (value, *(value.get(name) for name in _OF_MODEL)):
        if type(part) is dict:
            tensors = {str(name): tensor for name, tensor in part.items() if isinstance(tensor, PickledTensor)}
            for name in tensors:
                name.encode()  # a ValueError where it is half of a character
            if tensors:
                return tensors
    msg = f"there is no tensor among the {len(value)} values that it holds"
    raise ValueError(msg)


def _storage(value: Any) -> PickledStorage:
    """Return the storage that a persistent id names: ("storage", type, key, device, number of items)."""
    if type(value) is tuple and len(value) == 5 and value[0] == "storage":
        _, kind, key, _, n_items = value
        if isinstance(kind, Named) and type(key) is str and type(n_items) is int:
            if (kind.module, kind.name) == ("torch.storage", "UntypedStorage"):
                return PickledStorage(key, None)
            if kind.module == "torch" and kind.name in _STORAGES:
                return PickledStorage(key, _STORAGES[kind.name])
            msg = f"it stores numbers as {kind}, a type that is not known here"
            raise ValueError(msg)
    msg = "it names something outside of it that is no storage of numbers"
    raise ValueError(msg)


def _tensor(arguments: tuple[Any, ...]) -> PickledTensor:
    """Stand for torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])."""
    if len(arguments) not in (6, 7) or not isinstance(arguments[0], PickledStorage) or arguments[0].dtype is None:
        msg = "it makes a tensor of other things than a storage, an offset, sizes and strides"
        raise ValueError(msg)
    return _checked(arguments, arguments[0].dtype)


def _tensor_of_type(arguments: tuple[Any, ...]) -> PickledTensor:
    """Stand for _rebuild_tensor_v3, which has a type as the seventh argument and a storage without one."""
    kind = arguments[6] if len(arguments) in (7, 8) else None
    if not isinstance(kind, Named) or kind.module != "torch" or not isinstance(arguments[0], PickledStorage):
        msg = "it makes a tensor of other things than a storage, an offset, sizes, strides and a type"
        raise ValueError(msg)
    if kind.name not in _DTYPES:
        msg = f"it has a tensor of {kind}, a type that is not known here"
        raise ValueError(msg)
    return _checked(arguments, _DTYPES[kind.name])


def _checked(arguments: tuple[Any, ...], dtype: str) -> PickledTensor:
    storage, offset, shape, strides = arguments[:4]
    if type(shape) is not tuple or type(strides) is not tuple or len(shape) != len(strides):
        msg = "it has a tensor whose sizes and strides are not two lists of one length"
        raise ValueError(msg)
    if not all(type(number) is int and number >= 0 for number in (offset, *shape, *strides)):
        msg = "it has a tensor whose offset, sizes or strides are not whole numbers from 0 on"
        raise ValueError(msg)
    return PickledTensor(storage, dtype, offset, shape, strides)


def _parameter(arguments: tuple[Any, ...]) -> Any:
    """Stand for torch._utils._rebuild_parameter(tensor, requires_grad, hooks)."""
    if len(arguments) != 3 or not isinstance(arguments[0], PickledTensor):
        msg = "it makes a parameter of what is no tensor"
        raise ValueError(msg)
    return arguments[0]


def _dictionary(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """Stand for collections.OrderedDict() and OrderedDict([[key, value], …])."""
    made: dict[Any, Any] = {}
    for pairs in arguments:
        if type(pairs) is not list or not all(type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
            msg = "it makes a dictionary of what are no pairs"
            raise ValueError(msg)
        set_items(made, pairs)
    return made


_CALLS: Final[Calls] = {
    Named("torch._utils", "_rebuild_tensor_v2"): _tensor,
    Named("torch._utils", "_rebuild_tensor_v3"): _tensor_of_type,
    Named("torch._utils", "_rebuild_parameter"): _parameter,
    Named("collections", "OrderedDict"): _dictionary,
}
