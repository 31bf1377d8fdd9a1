"""The model contract, versions 1 and 2: what every embedcore `.onnx` file promises.

Input `token_ids` int64 [batch, sequence]; float32 outputs `token_embeddings` and `input_embeddings`
[batch, sequence, d_model]; and what the positional scheme adds, as
`embedcore.schemes.outputs` lists it by scheme.
Version 2 adds the layer as a list of steps (`embedcore.layer.steps`), the queries and keys of block 1 before any
position acts, a table that is narrower or wider than d_model, tables in blocks of whole numbers, a license, and a
tokenizer inside the file. A file says the lowest version that has what it uses.
This module is data and pure functions: the export writes by it, the runtime and `verify` check by it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError, ShapeError
from embedcore.files.metadata_text import LARGEST_TOKENIZER, from_text, to_text
from embedcore.values import ByContent

VERSION: Final = 2  # the newest that is read here
OPSET: Final = 18
IR_VERSION: Final = 8  # the lowest that opset 18 may have: ONNX Runtime 1.14 reads it
MAX_IR_VERSION: Final = 10  # earlier exports wrote it
METADATA_PREFIX: Final = "embedcore."
NAME: Final = re.compile(r'[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}')  # it stands in code that readers copy

TOKEN_IDS: Final = "token_ids"
TOKEN_EMBEDDINGS: Final = "token_embeddings"
POSITION_EMBEDDINGS: Final = "position_embeddings"
ROTARY_COS: Final = "rotary_cos"
ROTARY_SIN: Final = "rotary_sin"
ATTENTION_BIAS: Final = "attention_bias"
RELATIVE_EMBEDDINGS: Final = "relative_embeddings"
INPUT_EMBEDDINGS: Final = "input_embeddings"
QUERIES: Final = "queries"
KEYS: Final = "keys"

# The names of the weights in a file, which are those of the torch module `embedcore.nn.InputLayer`.
TABLE: Final = "table"
POSITION_PREFIX: Final = "position."  # of all that the positional scheme stores
POSITION_TABLE: Final = POSITION_PREFIX + TABLE
TOKEN_TYPE: Final = "token_type"
LAYER_NORM_WEIGHT: Final = "layer_norm.weight"
LAYER_NORM_BIAS: Final = "layer_norm.bias"

# Names in `position_parameters` that an input layer of any scheme may have, and in `provenance` that are read again.
LAYER_NORM_EPSILON: Final = "layer_norm_epsilon"
EMBEDDING_SCALE: Final = "embedding_scale"
SEED: Final = "seed"
TRAINED_TOKEN_IDS: Final = "trained_token_ids"

INPUT_AXES: Final = ("batch", "sequence")
Axis = str | int

# The operators that the export writes, over all schemes, with their attributes: a file may use these and no others.
# None runs a graph of its own, repeats itself, draws at random, or reads a file. A test holds it to what is written.
# The former operators stand in files of earlier exports, which still open.
_PLAIN: Final = (
    "Add", "Clip", "Div", "Equal", "Greater", "Identity", "MatMul", "Max", "Min", "Mul", "Neg", "Not", "Pow", "Range",
    "Sin", "Slice", "Sqrt", "Squeeze", "Sub", "Unsqueeze", "Where",
)  # fmt: skip
FORMER_OPERATORS: Final = ("Abs", "And", "Cos", "Floor", "Less", "LessOrEqual", "Log", "Round", "Sign")
OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys((*_PLAIN, *FORMER_OPERATORS), frozenset()),
    "Cast": frozenset({"to"}),
    "Concat": frozenset({"axis"}),
    "CumSum": frozenset({"reverse"}),
    "Gather": frozenset({"axis"}),
    "LayerNormalization": frozenset({"axis", "epsilon", "stash_type"}),
    "ReduceMean": frozenset({"keepdims"}),
    "Reshape": frozenset({"allowzero"}),
    "Shape": frozenset({"start", "end"}),
    "Transpose": frozenset({"perm"}),
}
# What a file may take. The export writes 90 operators at most, and a value inside is never larger than the largest
# output or weight, so 200 of them are the most that a run can make. LARGEST_RUN counts every value of a run of one
# sequence as if none were freed until its end: T5's bias of 4,096 tokens and 14 heads takes 5 GB so counted, and 2 GB
# in truth.
MOST_NODES: Final = 200
MOST_AXES: Final = 8
LARGEST_RUN: Final = 6_000_000_000  # bytes
LARGEST_FILE: Final = 1_600_000_000  # bytes: weights of 1.5 GB, and what stands beside them
# Bytes of a file that are no raw weights: names, metadata, operators; the text of a tokenizer is not counted.
LARGEST_BESIDE: Final = 4_000_000

# Lookups are bit-equal, so they have no tolerance. A float32 sum of a few terms rounds once for each term, by 2**-24
# ≈ 6e-8 of the largest; a layer norm subtracts, sums d_model squares and divides, which costs some tens of them.
SUM_RTOL: Final = 1e-6
SUM_ATOL: Final = 1e-6
LAYER_NORM_RTOL: Final = 1e-5
LAYER_NORM_ATOL: Final = 1e-5
# Waves (sinusoidal, rotary) have float64 angles and round once, to float32: 2**-25 ≈ 3e-8 of values up to 1, or up to
# the attention factor. Biases are one float32 product. Both stay within the tolerance of a sum.
# A score sums head_dim products of float32, in an order that each runtime chooses, and up to four such terms: a few
# head_dim · 2**-24 of the length of query times key, 1e-5 of it for heads up to 128 wide.
SCORE_RTOL: Final = 1e-5
SCORE_ATOL: Final = 1e-5

# A product with a matrix sums as many terms as the matrix is wide, in an order that each runtime chooses; a norm before
# it adds its own error. Both stay within this part of the largest number of the output.
PROJECTION_TOLERANCE: Final = 2e-5

# The axis of what a scheme gives for each distance: row r is i − j = r − (sequence − 1), query minus key.
DISTANCES: Final = "2*sequence - 1"


# Sizes that a file may leave out, in the order in which they follow from each other.
_SIZES: Final = ("stored_width", "n_heads", "head_dim", "rotary_dim", "n_kv_heads")
_LARGEST: Final = {"tokenizer_json": LARGEST_TOKENIZER}  # characters of a text that may be long
# Of version 2, all optional.
_LATER: Final = ("license", "tokenizer_json", "input_steps", "query_steps", "key_steps", "attention")


class _Implied(int):
    """A size that a file leaves out: it is implied by other sizes, and computed again in a copy with other numbers."""


_IMPLIED: Final = _Implied(0)


@dataclass(frozen=True, slots=True, eq=False)
class ModelMetadata(ByContent):
    """What a model file says of itself, in `metadata_props` under `embedcore.<field>`.

    `position_parameters` and `provenance` are JSON objects; `weights_sha256` is `weights_digest` of the file's
    stored weights; `n_vocab`, `d_model`, `context_length` ≥ 1.

    A file says a size only where it is not what it is by default: `stored_width`, the width of the token table's rows,
    d_model; `n_heads`, the heads of queries, the scheme's parameter of that name, or 1; `head_dim`, the width of a
    head, d_model / n_heads; `rotary_dim`, how many dimensions of a head turn, the scheme's parameter of that name, or
    head_dim; `n_kv_heads`, the heads of keys and values, n_heads.

    Version 2: the steps are JSON arrays, as `embedcore.layer.steps` reads them; `license` is that of the weights;
    `tokenizer_json` is the model's tokenizer.json as gzip and base64 (`embedcore.tokens.packed`), empty where
    `tokenizer` names a built-in one; `attention` says how block 1 makes weights of scores, as `embedcore.layer.rule`
    reads it, empty where the file does not tell.
    """

    name: str
    tokenizer: str
    position_scheme: str
    position_parameters: Mapping[str, Any]
    n_vocab: int
    d_model: int
    context_length: int
    weights_dtype: str
    weights_sha256: str
    source: str
    exporter_versions: str
    provenance: Mapping[str, Any]
    contract_version: int = _IMPLIED
    stored_width: int = _IMPLIED
    n_heads: int = _IMPLIED
    head_dim: int = _IMPLIED
    rotary_dim: int = _IMPLIED
    n_kv_heads: int = _IMPLIED
    license: str = ""
    tokenizer_json: str = ""
    input_steps: tuple[Any, ...] = ()
    query_steps: tuple[Any, ...] = ()
    key_steps: tuple[Any, ...] = ()
    attention: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill in the sizes that were not given, and the lowest version that has what is used."""
        for name in _SIZES:
            default = self._size(name)
            value = getattr(self, name)
            is_default = value == default and (name != "head_dim" or value * self.n_heads == self.d_model)
            if isinstance(value, _Implied) or is_default:
                object.__setattr__(self, name, _Implied(default))
        if isinstance(self.contract_version, _Implied):
            is_later = any(getattr(self, name) for name in _LATER) or any(
                not isinstance(getattr(self, name), _Implied) for name in ("stored_width", "n_heads")
            )
            object.__setattr__(self, "contract_version", _Implied(2 if is_later or self.weights_dtype == "int8" else 1))

    @property
    def heads_width(self) -> int:
        """The width of all heads together, which queries have: d_model, unless the file says another head_dim."""
        return self.d_model if isinstance(self.head_dim, _Implied) else self.n_heads * self.head_dim

    def check_heads(self) -> None:
        """Raise ShapeError, with both numbers, where sizes of the heads that the file says do not fit the others."""
        named = self.position_parameters.get("n_heads", self.n_heads)
        if self.n_heads != named:
            msg = (
                f"n_heads is {self.n_heads}, but the scheme {self.position_scheme!r} is made for {named} heads: say "
                "the same in both, or leave it out"
            )
            raise ShapeError(msg)
        is_named = "n_heads" in self.position_parameters or not isinstance(self.n_heads, _Implied)
        if self.heads_width != self.d_model and not is_named:
            msg = (
                f"head_dim is {self.head_dim} and d_model {self.d_model}, but the scheme {self.position_scheme!r} has "
                f"no parameter 'n_heads', which would say how many heads there are: leave head_dim out"
            )
            raise ShapeError(msg)
        if self.n_heads % self.n_kv_heads:
            msg = (
                f"n_kv_heads is {self.n_kv_heads}, but must divide the {self.n_heads} heads of the queries: say how "
                "many heads keys have, or leave it out where they have as many"
            )
            raise ShapeError(msg)
        turning = self._size("rotary_dim")
        if self.rotary_dim != turning:
            msg = (
                f"rotary_dim is {self.rotary_dim}, but by the parameters of the scheme {self.position_scheme!r} "
                f"{turning} dimensions of a head turn: say the same in both, or leave it out"
            )
            raise ShapeError(msg)

    def to_props(self) -> dict[str, str]:
        """Return the `metadata_props` of the file: key → text, in a fixed order, without what is the default."""
        values = {own.name: getattr(self, own.name) for own in fields(self)}
        return {
            METADATA_PREFIX + name: to_text(value)
            for name, value in values.items()
            if not (isinstance(value, _Implied) and name in _SIZES) and not (name in _LATER and not value)
        }

    @classmethod
    def from_props(cls, props: Mapping[str, str]) -> "ModelMetadata":
        """Read the metadata back from a file's `metadata_props`.

        Raises ModelFileError if a key is missing, a number is no number or below 1, a text is too long, the name is
        none, or the version is not ours.
        """
        values: dict[str, Any] = {}
        for own in fields(cls):
            key = METADATA_PREFIX + own.name
            if key not in props and own.name in (*_SIZES, *_LATER):
                continue
            if key not in props:
                msg = f"the file has no metadata {key!r}: it is no embedcore model; make one with `python -m export`"
                raise ModelFileError(msg)
            values[own.name] = from_text(key, props[key], own.type, most=_LARGEST.get(own.name))
        metadata = cls(**values)
        if metadata.contract_version > VERSION:
            msg = (
                f"the file follows contract version {metadata.contract_version}, this embedcore reads 1 to {VERSION}: "
                "export it again, or use the matching embedcore"
            )
            raise ModelFileError(msg)
        if not NAME.fullmatch(metadata.name):
            msg = (
                f"the file's name is {metadata.name[:60]!r}, but must be 1 to 200 characters of one line, without "
                "double quotes and backslashes: export the file again"
            )
            raise ModelFileError(msg)
        if not isinstance(metadata.provenance.get(SEED, 0), int):
            msg = f"the file's seed is {str(metadata.provenance[SEED])[:60]!r}, no whole number: export the file again"
            raise ModelFileError(msg)
        return metadata

    def _size(self, name: str) -> int:
        """Return what a size is where the file does not say it."""
        if name == "stored_width":
            return self.d_model
        if name == "n_heads":
            n_heads = self.position_parameters.get("n_heads", 1)
            return n_heads if isinstance(n_heads, int) and not isinstance(n_heads, bool) and n_heads > 0 else 1
        if name == "n_kv_heads":
            return int(self.n_heads)
        if name == "head_dim":
            return self.d_model // self.n_heads
        turning = self.position_parameters.get("rotary_dim", 0)
        return turning if isinstance(turning, int) and turning > 0 else int(self.head_dim)


def output_shape(axes: tuple[Axis, ...], batch: int, sequence: int) -> tuple[int, ...]:
    """Return the shape that an output of these axes has in a run of `batch` × `sequence` tokens.

    >>> output_shape(("batch", "sequence", 64), 2, 5)
    (2, 5, 64)
    """
    sizes = {"batch": batch, "sequence": sequence, DISTANCES: 2 * sequence - 1}
    return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in axes)


def weights_digest(weights: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 of a file's stored float weights (its float initializers by name), whatever their order.

    Each one counts with its name, dtype, shape and little-endian bytes, so a changed bit or a swapped table shows.
    """
    digest = hashlib.sha256()
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name])
        digest.update(weight_heading(name, array.dtype, array.shape))
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
    return digest.hexdigest()


def weight_heading(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """Return what `weights_digest` hashes before the bytes of a weight; a single number counts as a row of one."""
    return f"{name} {dtype.name} {shape or (1,)}\n".encode()
