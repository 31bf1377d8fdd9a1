"""The scheme that a model's file carries, with the file's own parameters and learned numbers."""

from embedcore.errors import ModelFileError, ShapeError
from embedcore.layer.steps import has_queries
from embedcore.model.model import Model
from embedcore.schemes.attention import Scheme
from embedcore.schemes.learned import Learned
from embedcore.schemes.parameters import OF_LAYER
from embedcore.schemes.registry import SCHEMES


def scheme_of_model(model: Model) -> Scheme:
    """Return the positional scheme of `model`, as its file has it.

    Numbers that no input layer holds (Transformer-XL's u and v, Shaw's values) are drawn from a seed all the same.
    Raises ModelFileError if the file's parameters do not make its scheme, and ShapeError if the model's rows cannot be
    cut into its heads: without the queries and keys of block 1 a scheme takes the rows themselves for them.
    """
    metadata = model.metadata
    if metadata.heads_width != metadata.d_model and not has_queries(metadata):
        msg = (
            f"a row of {model.name} is {metadata.d_model} wide, and its {metadata.n_heads} heads are "
            f"{metadata.head_dim} wide, {metadata.heads_width} together, so its rows cannot be cut into its heads: "
            "read what its file gives from `Model.run(token_ids).extras`, or make a scheme with heads that divide a row"
        )
        raise ShapeError(msg)
    parameters = {name: value for name, value in metadata.position_parameters.items() if name not in OF_LAYER}
    declared = SCHEMES[metadata.position_scheme]
    table = model.position_table if declared.table == "position table" else None
    if declared.table == "position vectors":
        table = model.positions
    try:
        return declared.of_model(metadata, parameters, table)
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
    scheme = scheme_of_model(model)
    assert isinstance(scheme, Learned)
    return scheme
