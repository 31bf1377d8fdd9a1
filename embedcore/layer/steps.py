"""Step: one thing that an input layer does to its vectors, as a model file of the contract's version 2 lists it.

A file's `input_steps` lead from token_embeddings to input_embeddings; its `query_steps` and `key_steps` from there to
the queries and keys of block 1. A step is data: the export writes its operators, `embedcore.nn` has its torch module,
and `embedcore.layer.arithmetic` its formula.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.values import ByContent

SCALES: Final = ".scales"  # of a weight stored in blocks: the name of its scales is the weight's with this ending
MOST_STEPS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Kind(ByContent):
    """What a kind of step takes: weights by part, and numbers by name; those in `optional` may be left out.

    `weights` maps a part to the axes that it has: "width" is the width of the vectors that come in, "out" that of the
    vectors that go out. `words` say what the step does, for a reader.
    """

    words: str
    weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, type] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


KINDS: Final[Mapping[str, Kind]] = {
    "scale": Kind("multiply by a number", numbers={"factor": float}),
    "multiply": Kind("multiply by a vector, number by number", {"weight": ("width",)}),
    "add": Kind("add a vector", {"row": ("width",)}),
    # Adds the position vectors of the file's scheme. Where `padding_id` is given, tokens of this id get the vector
    # `padding` in their place and are not counted as places (RoBERTa).
    "positions": Kind(
        "add the position vectors",
        {"padding": ("width",)},
        {"padding_id": int},
        frozenset({"padding", "padding_id"}),
    ),
    # Norms of `heads` heads normalize each head by itself; their weights are those of one head, or of all in a row.
    "layer_norm": Kind(
        "layer norm",
        {"weight": ("normed",), "bias": ("normed",)},
        {"epsilon": float, "heads": int},
        frozenset({"weight", "bias", "heads"}),
    ),
    # Of `first`, only so many numbers of a vector are normalized, from the first on; the rest stays as it is.
    "rms_norm": Kind(
        "RMS norm",
        {"weight": ("normed",)},
        {"epsilon": float, "heads": int, "first": int},
        frozenset({"weight", "heads", "first"}),
    ),
    "projection": Kind(
        "multiply by a matrix", {"weight": ("out", "width"), "bias": ("out",)}, {"out": int}, frozenset({"bias"})
    ),
    "clip": Kind("limit each number", numbers={"limit": float}),
    "replace": Kind("put another vector for one token", {"row": ("width",)}, {"token_id": int}),
    # MobileBERT: the vectors of the next token, of the token itself and of the one before, side by side.
    "neighbors": Kind("join with the vectors of both neighbors"),
    # XLM: where n ids are not `padding_id`, the vectors from place n on become zeros, whatever stands there.
    "past_text": Kind("put zeros past the text", numbers={"padding_id": int}),
    # ESM: divide by the share of tokens that are not `token_id`, the mask, and multiply by the share kept in training.
    "mask_share": Kind("make up for masked tokens", numbers={"token_id": int, "kept": float}),
}


@dataclass(frozen=True, slots=True, eq=False)
class Step(ByContent):
    """One step: its kind, the names of its weights in the file by part, its numbers, and what it is in a few words.

    `title` is empty where the kind says enough ("token type" of an added vector).
    """

    kind: str
    weights: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""

    @property
    def words(self) -> str:
        """What the step does, for a reader."""
        return self.title or KINDS[self.kind].words

    def width_after(self, width: int) -> int:
        """Return the width of the vectors after the step, for vectors of `width`."""
        if self.kind == "projection":
            return int(self.numbers["out"])
        return 3 * width if self.kind == "neighbors" else width

    def to_json(self) -> dict[str, Any]:
        """Return the step as a JSON object, without what is empty."""
        said = {"kind": self.kind, "weights": dict(self.weights), "numbers": dict(self.numbers), "title": self.title}
        return {name: value for name, value in said.items() if value}


def input_steps(metadata: ModelMetadata) -> tuple[Step, ...]:
    """Return what leads from token_embeddings to input_embeddings, in order. Raises ModelFileError as `steps_of`."""
    return steps_of(metadata.input_steps)


def query_steps(metadata: ModelMetadata) -> tuple[Step, ...]:
    """Return what leads from input_embeddings to the queries of block 1; nothing where the file has none."""
    return steps_of(metadata.query_steps)


def key_steps(metadata: ModelMetadata) -> tuple[Step, ...]:
    """Return what leads from input_embeddings to the keys of block 1; nothing where the file has none."""
    return steps_of(metadata.key_steps)


def has_queries(metadata: ModelMetadata) -> bool:
    """Return whether a file gives the queries and keys of block 1."""
    return bool(metadata.query_steps)


def steps_of(listed: Iterable[Any]) -> tuple[Step, ...]:
    """Return the steps that a file lists as JSON objects.

    Raises ModelFileError where one is of an unknown kind, or has other parts or numbers than its kind.
    """
    return tuple(_step(number, said) for number, said in enumerate(listed, 1))


def check_steps(metadata: ModelMetadata) -> None:
    """Raise ModelFileError where a step of a file is none that is known here."""
    for steps in (metadata.input_steps, metadata.query_steps, metadata.key_steps):
        steps_of(steps)


def width_of_positions(metadata: ModelMetadata) -> int:
    """Return the width of the vectors to which the positions are added; d_model where no step says another."""
    width = metadata.stored_width
    for step in input_steps(metadata):
        if step.kind == "positions":
            return width
        width = step.width_after(width)
    return metadata.d_model


def width_after(steps: Sequence[Step], width: int) -> int:
    """Return the width of the vectors after `steps`."""
    for step in steps:
        width = step.width_after(width)
    return width


def widest(metadata: ModelMetadata) -> int:
    """Return the width of the widest vectors between two steps."""
    widths = [int(metadata.stored_width)]
    for step in input_steps(metadata):
        widths.append(step.width_after(widths[-1]))
    for steps in (query_steps(metadata), key_steps(metadata)):
        width = metadata.d_model
        for step in steps:
            width = step.width_after(width)
            widths.append(width)
    return max(widths)


def weight_names(metadata: ModelMetadata) -> set[str]:
    """Return the names of every weight that the file's steps use."""
    steps = (*input_steps(metadata), *query_steps(metadata), *key_steps(metadata))
    return {name for step in steps for name in step.weights.values()}


def _step(number: int, said: Any) -> Step:
    known = ("kind", "weights", "numbers", "title")
    if number > MOST_STEPS or not isinstance(said, Mapping) or not set(said) <= set(known):
        msg = f"step {number} is {str(said)[:60]}, no object of {', '.join(known)}, at most {MOST_STEPS} of them"
        raise ModelFileError(f"{msg}: export the file again")
    kind, weights, numbers = said.get("kind"), said.get("weights", {}), said.get("numbers", {})
    title = said.get("title", "")
    fault = ""
    if not isinstance(kind, str) or kind not in KINDS:
        fault = f"is of the kind {str(kind)[:60]!r}, none of {', '.join(KINDS)}"
    elif not isinstance(weights, Mapping) or not isinstance(numbers, Mapping) or not isinstance(title, str):
        fault = "has weights, numbers or a title of another type"
    else:
        fault = _fault(KINDS[kind], weights, numbers)
    if fault:
        msg = f"step {number} {fault}: export the file again"
        raise ModelFileError(msg)
    return Step(str(kind), dict(weights), dict(numbers), title[:60])


def _fault(kind: Kind, weights: Mapping[str, Any], numbers: Mapping[str, Any]) -> str:
    """Return what is wrong with the parts and numbers of a step, in words; empty where nothing is."""
    known = {**kind.weights, **kind.numbers}
    given = {**weights, **numbers}
    missing = [name for name in known if name not in given and name not in kind.optional]
    odd = [str(name)[:60] for name in given if name not in known]
    wrong = [name for name, value in weights.items() if not isinstance(value, str)]
    wrong += [
        name
        for name, value in numbers.items()
        if name in kind.numbers
        and (isinstance(value, bool) or not isinstance(value, (int, float) if kind.numbers[name] is float else int))
    ]
    faults = [
        f"{words} {', '.join(names)}"
        for words, names in (("lacks", missing), ("has no", odd), ("has a wrong", wrong))
        if names
    ]
    return "; ".join(faults)
