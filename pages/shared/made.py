"""How the model that is shown makes its input vectors, in words and as a formula."""

from collections.abc import Sequence
from typing import Final

from embedcore.figures.equation import n_before
from embedcore.model.chain import Part
from embedcore.model.model import InputLayer, Model
from embedcore.space.composition import Making, making
from pages.shared import plain
from pages.shared.numerals import count, verb

_ALSO: Final = "what the model scales, normalizes or adds besides"


def how(layer: InputLayer) -> Making:
    """Return what the input vectors of a run are."""
    return making(layer.token_embeddings, layer.position_embeddings, layer.input_embeddings)


def strips(shown: Sequence[Part]) -> str:
    """Return which vectors the heat strips of an equation show."""
    *first, last = [part.title for part in shown]
    return f"{', '.join(first)} and {last}"


def title(shown: Sequence[Part]) -> str:
    """Return an equation in words, with what each arrow does."""
    words = []
    for part in shown:
        sign = f"{part.operator} {part.words} {part.operator}" if part.words else part.operator
        words += [sign, part.title.removesuffix("s")] if sign else [part.title.removesuffix("s")]
    line = " ".join(words)
    return f"{line[0].upper()}{line[1:]}"


def scales(shown: Sequence[Part]) -> str:
    """Say that the strips before an arrow have a color scale of their own; nothing where one scale serves all.

    The sentence ends with a space.
    """
    n_apart = n_before(shown)
    if not n_apart:
        return ""
    first = "The first strip has" if n_apart == 1 else f"The first {n_apart} strips have"
    own = "its own" if n_apart == 1 else "their own"
    step = f" ({plain.text(shown[n_apart].words)})" if shown[n_apart].words else ""
    return f"{first} a color scale of {own}, because the arrow{step} changes the size of all numbers. "


def formula(layer: InputLayer) -> str:
    """Return the same in LaTeX."""
    rows = r"\text{table}[\text{id}_i]"
    total = rows if layer.position_embeddings is None else rf"{rows} + \text{{position}}_i"
    if how(layer) == "more":
        total = rf"f({total}) \qquad f: \text{{{_ALSO}}}"
    return rf"\text{{input}}_i = {total}"


def besides(model: Model) -> str:
    """Say of a model whose input vectors are more than a sum what that means for the parts."""
    return f"{plain.text(model.name)} also scales or normalizes, so the shares of token and position do not add up to 100 %."


def other_width(model: Model) -> str:
    """Say of a model whose input vectors have another width than its rows why the parts are not compared."""
    metadata = model.metadata
    return (
        f"The rows of {plain.text(model.name)} are {metadata.stored_width} wide and its input vectors {metadata.d_model}, so the parts "
        "are not compared number by number."
    )


def where_points_lie(layer: InputLayer, n_outside: int = 0) -> str:
    """Return what circles and diamonds on a map are, and that `n_outside` of the diamonds are out of sight."""
    if layer.position_embeddings is None and how(layer) == "rows":
        return "The circles are this text's rows, which are its input vectors too, so a diamond lies on each."
    if layer.token_embeddings.shape[2] != layer.input_embeddings.shape[2]:
        return "The points are this text's rows; its input vectors have another width, so they lie in another space."
    line = "The circles are this text's rows; a line leads from each to the diamond of its input vector."
    if not n_outside:
        return line
    n = layer.token_ids.shape[1]
    which = (
        "All diamonds lie"
        if n_outside == n
        else f"{n_outside:,} of {count(n, 'diamond')} {verb(n_outside, 'lies', 'lie')}"
    )
    return f"{line} {which} outside of the picture, far from all rows: a double click on it shows everything."


def without_positions(model: Model, layer: InputLayer) -> str:
    """Say of a model that adds no position vectors what its input vectors are."""
    are = "are its token vectors" if how(layer) == "rows" else f"are its token vectors with {_ALSO}"
    return (
        f"{plain.text(model.name)} adds no position vectors: its input vectors {are}, the same wherever a token stands."
    )
