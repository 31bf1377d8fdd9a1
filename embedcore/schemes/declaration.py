"""What the file of a positional scheme declares of it: everything else in the house derives from these declarations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

import numpy as np

from embedcore.contract import Axis, ModelMetadata
from embedcore.schemes.attention import Scheme
from embedcore.schemes.origin import Origin

Kind = type | tuple[type, ...]
NUMBER: Final = (int, float)
CONTEXT_LENGTH: Final = "the context's length"  # a default that follows the model
FAR: Final = 10**6
LAST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a scheme as a model's file carries it, and the option of `export random` that sets it.

    `kind` is its type in the file. `default` is what `export random` takes where the option is not given: a value, or
    `CONTEXT_LENGTH`; None leaves it to the torch module. In `help` the word {schemes} stands for the schemes that have
    the parameter, with their defaults; `default_words` says a default in other words. An option of kind bool takes no
    value: giving it means False. `is_needed`: no layer is made without it. `is_later`: a file
    leaves it out where it has the scheme's own value. `used_with`: the values of the scheme's chooser that use it; none
    where all do. `step`: a value that is smaller by this makes a smaller file; 0 where it does not.
    """

    name: str
    kind: Kind
    option: str
    help: str
    default: Any = None
    default_words: str = ""
    choices: tuple[str, ...] = ()
    is_needed: bool = False
    is_later: bool = False
    used_with: tuple[str, ...] = ()
    step: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Knob:
    """What a reader can turn on the Positions page: the field `name` of the scheme, under `key` in a link.

    `default` is a value, or `CONTEXT_LENGTH`. `defaults`, where there are any, are the defaults by value of the
    scheme's chooser, and for other values nothing uses the knob; with those of `optional_with` a scheme is not
    given its default. `meanings` are what a switch means to the scheme where it is off, and where it is on. `width`:
    that of its column, against the others of its row. `smallest` and `largest` bound a whole number.
    """

    name: str
    key: str
    label: str
    kind: Literal["whole", "decimal", "switch", "choice", "numbers"]
    default: Any
    choices: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    meanings: tuple[Any, Any] = (False, True)
    width: float = 1.0
    optional_with: tuple[str, ...] = ()
    smallest: int = -FAR
    largest: int = FAR


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scheme that a reader sets stands: the width and length of the model, and the number of heads."""

    d_model: int
    context_length: int
    n_heads: int


# The table of a model's file that a scheme's numbers stand in: its position vectors, or its stored position table.
Table = Literal["nothing", "position vectors", "position table"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Declaration:
    """A positional scheme as the house knows it; `DECLARED` of its file lists it.

    `place` orders the schemes wherever they are listed. `outputs` are what it adds to the contract's, with their axes;
    `is_lookup`: they are rows of a stored table, as they are, so bit-equal. `chooser` is the parameter and knob whose
    value decides which of the others are used. `check` raises ShapeError where a file's parameters do not fit together.
    `make` builds the scheme from a model's metadata, its parameters without those of the layer, and the table that it
    reads; `set` builds it from the knobs. `never_in_a_file` names those of its trained numbers that no model's file
    holds: they are random in every scheme. `complete` returns what follows from the options that are given, and the
    context's length; `remark` what is to be said of them. None stands for what is right for most schemes.
    """

    scheme: type[Any]  # of Scheme, whose own fields are the parameters and knobs
    title: str
    place: int = LAST
    outputs: Mapping[str, tuple[Axis, ...]]
    is_lookup: bool = False
    table: Table = "nothing"
    never_in_a_file: str = ""
    parameters: tuple[Parameter, ...] = ()
    options_title: str = ""
    knobs: tuple[Knob, ...] = ()
    chooser: str = ""
    check: Callable[[ModelMetadata, Mapping[str, Any]], None] | None = None
    make: Callable[[ModelMetadata, dict[str, Any], np.ndarray | None], Scheme] | None = None
    set: Callable[[Mapping[str, Any], Place], Scheme] | None = None
    complete: Callable[[Mapping[str, Any], int], Mapping[str, Any]] | None = None
    remark: Callable[[Mapping[str, Any], int], str] | None = None

    @property
    def name(self) -> str:
        """The contract's name for the scheme."""
        name: str = self.scheme.name
        return name

    @property
    def needs_model(self) -> bool:
        """Whether the scheme is what a model learned alone: there is none where no model has it."""
        return self.table == "position vectors"

    @property
    def has_seed(self) -> bool:
        """Whether the scheme draws learned numbers from a seed where no model's file has them."""
        return any(own.name == "seed" for own in fields(self.scheme))

    def origin(self, *, is_of_model: bool) -> Origin:
        """Return where the trained parameters come from; `is_of_model`: the scheme is that of a model's file."""
        if is_of_model and self.table != "nothing":
            return "file"
        return "random" if self.has_seed else "formula"

    def of_model(self, metadata: ModelMetadata, parameters: dict[str, Any], table: np.ndarray | None) -> Scheme:
        """Return the scheme that a model's file carries. Raises KeyError or TypeError where it does not make one."""
        if self.make is not None:
            return self.make(metadata, parameters, table)
        own = {name: value for name, value in parameters.items() if name != "n_heads"}  # which `Heads` says
        scheme: Scheme = self.scheme(**own) if self.table == "nothing" else self.scheme(**own, table=table)
        return scheme

    def of_knobs(self, values: Mapping[str, Any], place: Place, *, seed: int) -> Scheme:
        """Return the scheme as a reader sets it. Raises ShapeError where a value is out of range."""
        if self.set is not None:
            return self.set(values, place)
        scheme: Scheme = self.scheme(**values, seed=seed) if self.has_seed else self.scheme(**values)
        return scheme

    def chosen(self, values: Mapping[str, Any]) -> str:
        """Return the value of the scheme's chooser among `values`, its default where it is not told; "" without one."""
        default = next((one.default for one in self.parameters if one.name == self.chooser), "")
        return str(values.get(self.chooser, default))

    def uses(self, chosen: str = "") -> tuple[str, ...]:
        """Return the names of the parameters that the scheme uses where its chooser has the value `chosen`."""
        return tuple(dict.fromkeys(one.name for one in self.parameters_of(chosen)))

    def parameters_of(self, chosen: str = "") -> tuple[Parameter, ...]:
        """Return the parameters that the scheme uses where its chooser has the value `chosen`."""
        return tuple(one for one in self.parameters if not one.used_with or chosen in one.used_with)
