"""What a pickle of plain values says, without Python's own unpickler: no name in it is ever looked up.

A pickle is a program for a small machine with a stack. This one knows the instructions that dictionaries of tensors are
made of. What a pickle calls is looked up in a table of the caller's; anything else is refused by its name.
Source: the module pickletools of Python 3.11.
"""

import pickletools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from export.sources.broken import shortened

MOST_INSTRUCTIONS: Final = 3_000_000  # some 100,000 tensors


@dataclass(frozen=True, slots=True)
class Named:
    """Something of Python's that a pickle names, by its module and its name there."""

    module: str
    name: str

    def __str__(self) -> str:
        return shortened(f"{self.module}.{self.name}")


Calls = Mapping[Named, Callable[[tuple[Any, ...]], Any]]


def unpickled(content: bytes, calls: Calls, persistent: Callable[[Any], Any]) -> Any:
    """Return what a pickle holds: dictionaries, lists, tuples, texts, numbers, and what `calls` and `persistent` make.

    `calls` says what stands for each function that may be called, and takes its arguments as a tuple; `persistent`
    makes a value from what the pickle says of a thing that lies outside of it. Raises ValueError, saying why, if it
    calls anything else, or is damaged.
    """
    machine = _Machine(calls, persistent)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if count >= MOST_INSTRUCTIONS:
                msg = f"its pickle has more than {MOST_INSTRUCTIONS:,} instructions"
                raise ValueError(msg)
            if opcode.name == "STOP":
                return machine.pop()
            instruction = _INSTRUCTIONS.get(opcode.name)
            if instruction is None:
                msg = f"its pickle uses the instruction {opcode.name}, which no checkpoint of tensors needs"
                raise ValueError(msg)
            instruction(machine, argument)
    except (IndexError, KeyError) as error:
        msg = "its pickle takes values that nothing put there"
        raise ValueError(msg) from error
    msg = "its pickle has no end"
    raise ValueError(msg)


class _Machine:
    """The stack and the memory of a pickle's program."""

    def __init__(self, calls: Calls, persistent: Callable[[Any], Any]) -> None:
        self.calls, self.persistent = calls, persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}

    def pop(self) -> Any:
        self.top()
        return self.stack.pop()

    def top(self) -> Any:
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items


_Instruction = Callable[[_Machine, Any], None]


def set_items(target: Any, items: Iterable[tuple[Any, Any]]) -> None:
    """Set items of a dictionary. Raises ValueError if it is none, or a key is neither a text nor a whole number."""
    if type(target) is not dict:
        msg = "its pickle sets items of what is no dictionary"
        raise ValueError(msg)
    for key, value in items:
        if type(key) not in (str, int):  # keys within keys may take forever to be compared
            msg = f"its pickle has a key of type {type(key).__name__}"
            raise ValueError(msg)
        target[key] = value


def _pushing(value: Callable[[Any], Any]) -> _Instruction:
    return lambda machine, argument: machine.stack.append(value(argument))


def _tuple_of(n_items: int) -> _Instruction:
    return lambda machine, _: machine.stack.append(tuple([machine.pop() for _ in range(n_items)][::-1]))


def _put(machine: _Machine, place: int | None) -> None:
    machine.memory[len(machine.memory) if place is None else place] = machine.top()


def _set_all(machine: _Machine, _: Any) -> None:
    items = machine.pop_to_mark()
    if len(items) % 2:
        raise IndexError
    set_items(machine.top(), zip(items[::2], items[1::2], strict=True))


def _set_one(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    set_items(machine.top(), [(key, value)])


def _extend(machine: _Machine, items: list[Any]) -> None:
    target = machine.top()
    if type(target) is not list:
        msg = "its pickle appends to what is no list"
        raise ValueError(msg)
    target.extend(items)


def _name(argument: str) -> Named:
    module, _, name = argument.partition(" ")
    return Named(module, name)


def _stack_name(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise IndexError
    machine.stack.append(Named(module, name))


def _set_attributes(machine: _Machine, _: Any) -> None:
    """Drop the attributes of a dictionary: `_metadata`, the versions of a model's modules."""
    machine.pop()
    if type(machine.top()) is not dict:
        msg = "its pickle sets attributes of what is no dictionary"
        raise ValueError(msg)


def _call(machine: _Machine, _: Any) -> None:
    arguments, function = machine.pop(), machine.pop()
    call = machine.calls.get(function) if isinstance(function, Named) else None
    if call is None or type(arguments) is not tuple:
        raise _code(function)
    machine.stack.append(call(arguments))


def _make_object(machine: _Machine, argument: Any) -> None:
    """Refuse to make an object of a class: no tensor needs one."""
    names = [item for item in machine.stack if isinstance(item, Named)]
    raise _code(_name(argument) if isinstance(argument, str) else names[-1] if names else None)


def _code(function: Any) -> ValueError:
    name = function if isinstance(function, Named) else "something without a name"
    return ValueError(f"it calls {name}: it is a pickle with code in it, which is not run")


_INSTRUCTIONS: Final[Mapping[str, _Instruction]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, _: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _pushing(lambda number: number)),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE"), _pushing(lambda text: text)),
    "NONE": _pushing(lambda _: None),
    "NEWTRUE": _pushing(lambda _: True),
    "NEWFALSE": _pushing(lambda _: False),
    "EMPTY_DICT": _pushing(lambda _: {}),
    "EMPTY_LIST": _pushing(lambda _: []),
    "EMPTY_TUPLE": _pushing(lambda _: ()),
    "GLOBAL": _pushing(_name),
    "STACK_GLOBAL": _stack_name,
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, place: machine.stack.append(machine.memory[place])),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "SETITEM": _set_one,
    "SETITEMS": _set_all,
    "APPEND": lambda machine, _: _extend(machine, [machine.pop()]),
    "APPENDS": lambda machine, _: _extend(machine, machine.pop_to_mark()),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.persistent(machine.pop())),
    "BUILD": _set_attributes,
    "REDUCE": _call,
    **dict.fromkeys(("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"), _make_object),
}
