"""The scheme that a model's file carries, with the file's own parameters and learned numbers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from embedcore.errors import ModelFileError, ShapeError
from embedcore.model.model import Model
from embedcore.schemes.absolute import Learned, NoPosition, Sinusoidal
from embedcore.schemes.attention import Scheme
from embedcore.schemes.bias import T5, Alibi
from embedcore.schemes.relative import BertRelative, BertRelativeKeyQuery, Deberta, Shaw, TransformerXL
from embedcore.schemes.rope_parameters import RopeParameters
from embedcore.schemes.rotary import Rope

NOT_THE_SCHEMES: Final = ("layer_norm_epsilon", "embedding_scale")


def scheme_of_model(model: Model) -> Scheme:
    """Return the positional scheme of `model`, as its file has it.

    Numbers that no input layer holds (Transformer-XL's u and v, Shaw's values) are drawn from a seed all the same.
    Raises ModelFileError if the file's parameters do not make its scheme.
    """
    metadata = model.metadata
    parameters = {name: value for name, value in metadata.position_parameters.items() if name not in NOT_THE_SCHEMES}
    try:
        return _MAKERS[metadata.position_scheme](model, parameters)
    except (KeyError, TypeError) as error:
        msg = (
            f"{model.name} carries {len(parameters)} parameters, {', '.join(parameters) or 'none'}, which do not make "
            f"the scheme {metadata.position_scheme!r}: export it again"
        )
        raise ModelFileError(msg) from error


def learned_of_model(model: Model) -> Learned:
    """Return the model's learned positions. Raises ShapeError if its file carries another scheme."""
    if model.metadata.position_scheme != Learned.name:
        msg = (
            f"{model.name} carries the scheme {model.metadata.position_scheme!r}, and 0 learned positions: "
            f"choose a model with the scheme {Learned.name!r}, or leave this scheme out"
        )
        raise ShapeError(msg)
    return Learned(model.positions, row_scale=_row_scale(model))


def _row_scale(model: Model) -> float:
    """Return what the model multiplies its rows by, as Gemma does; 1 where it does not."""
    return float(model.metadata.position_parameters.get("embedding_scale", 1.0))


def _with_table(scheme: Callable[..., Scheme]) -> Callable[[Model, dict[str, Any]], Scheme]:
    def make(model: Model, parameters: dict[str, Any]) -> Scheme:
        return scheme(**_without_heads(parameters), table=model.position_table)

    return make


def _without_heads(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters without `n_heads`, which `Heads` tells."""
    return {name: value for name, value in parameters.items() if name != "n_heads"}


_MAKERS: Final[Mapping[str, Callable[[Model, dict[str, Any]], Scheme]]] = {
    "none": lambda model, parameters: NoPosition(),
    "learned": lambda model, parameters: learned_of_model(model),
    "sinusoidal": lambda model, parameters: Sinusoidal(**parameters, row_scale=_row_scale(model)),
    "shaw": _with_table(Shaw),
    "transformer-xl": lambda model, parameters: TransformerXL(**_without_heads(parameters)),
    "bert-relative-key": _with_table(BertRelative),
    "bert-relative-key-query": _with_table(BertRelativeKeyQuery),
    "deberta": _with_table(Deberta),
    "t5": _with_table(T5),
    "alibi": lambda model, parameters: Alibi(**_without_heads(parameters)),
    "rope": lambda model, parameters: Rope(RopeParameters(**parameters)),
}
