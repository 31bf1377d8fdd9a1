"""The untrained GPT-2-shaped layer, without torch: 50,257 × 256 numbers are too many to ship, but not to draw again.

torch fills an `nn.Embedding` on the CPU from the Mersenne Twister, whose raw stream numpy has too; each 16 uniform
numbers become 16 normal ones by Box & Muller (1958): the first eight give radii, the last eight angles. torch takes
float32 logarithms and sines whose last bit depends on the processor's vector width; so do ours, within 1e-6.
"""

from pathlib import Path
from typing import Final

import numpy as np
import onnx
from jaxtyping import Float32
from onnx import numpy_helper

from embedcore import contract
from embedcore.cache import replacing
from embedcore.contract import ModelMetadata
from embedcore.engine.generic_graphs import GRAPHS
from embedcore.errors import ModelFileError
from embedcore.model.file import weights
from embedcore.model.open_file import open_file

SHELL: Final = GRAPHS / "input_layer_learned.onnx"
N_VOCAB: Final = 50_257
D_MODEL: Final = 256
CONTEXT_LENGTH: Final = 1_024
SEED: Final = 123
_GROUP: Final = 16
_MANTISSA: Final = 2**24


def write_untrained(path: Path, *, name: str) -> ModelMetadata:
    """Write what `python -m export random` writes with its defaults, to within 1e-6, and return its metadata.

    Raises ModelFileError if the file does not give the numbers that were drawn; what lay at `path` is still there then.
    """
    stream = np.random.RandomState(SEED)
    tables = {
        contract.TABLE: normal_table(stream, N_VOCAB, D_MODEL),
        contract.POSITION_TABLE: normal_table(stream, CONTEXT_LENGTH, D_MODEL),
    }
    proto = onnx.load(SHELL)
    for tensor in proto.graph.initializer:
        if tensor.name in tables:
            tensor.CopyFrom(numpy_helper.from_array(tables[tensor.name], tensor.name))
    for value in proto.graph.output:
        value.type.tensor_type.shape.dim[-1].dim_value = D_MODEL
    shell = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
    metadata = ModelMetadata(
        name=name,
        tokenizer="gpt2",
        position_scheme="learned",
        position_parameters={},
        n_vocab=N_VOCAB,
        d_model=D_MODEL,
        context_length=CONTEXT_LENGTH,
        weights_dtype="float32",
        weights_sha256=contract.weights_digest(weights(proto)),
        source=f"torch.manual_seed({SEED}); Embedding({N_VOCAB}, {D_MODEL}), then Embedding({CONTEXT_LENGTH}, "
        f"{D_MODEL}) for the positions; untrained; drawn again by numpy, equal to torch within 1e-6",
        exporter_versions=shell.exporter_versions,
        provenance={contract.SEED: SEED},
    )
    onnx.helper.set_model_props(proto, metadata.to_props())
    with replacing(path) as new:
        new.write_bytes(proto.SerializeToString(deterministic=True))
        _require_numbers(new, tables[contract.TABLE], tables[contract.POSITION_TABLE])
    return metadata


def _require_numbers(path: Path, table: np.ndarray, positions: np.ndarray) -> None:
    """Raise ModelFileError unless the file keeps the contract and gives every row of both tables, and sums of them."""
    model = open_file(path, provider="cpu")
    ids = np.linspace(0, N_VOCAB - 1, CONTEXT_LENGTH).astype(np.int64)
    layer = model.run(ids)
    is_same = (
        np.array_equal(model.table, table)
        and np.array_equal(layer.token_embeddings[0], table[ids])
        and np.array_equal(model.positions, positions)
        and np.allclose(
            layer.input_embeddings[0],
            table[ids].astype(np.float64) + positions,
            rtol=contract.SUM_RTOL,
            atol=contract.SUM_ATOL,
        )
    )
    if not is_same:
        msg = f"{path.name} does not give the numbers that were drawn: it is not written; install embedcore again"
        raise ModelFileError(msg)


def normal_table(stream: np.random.RandomState, n_rows: int, n_columns: int) -> Float32[np.ndarray, "n_rows n_columns"]:
    """Draw what `torch.nn.Embedding(n_rows, n_columns)` draws next from the same Mersenne Twister, within 1e-6.

    n_rows · n_columns ≥ 16: below that torch draws in another way.

    >>> normal_table(np.random.RandomState(123), 6, 3)[3]
    array([-0.4015,  0.9666, -1.1481], dtype=float32)
    """
    size = n_rows * n_columns
    values = _uniform(stream, size)
    n_whole = size - size % _GROUP
    values[:n_whole] = _box_muller(values[:n_whole])
    if n_whole < size:  # torch draws the last sixteen anew, over what stands there
        values[-_GROUP:] = _box_muller(_uniform(stream, _GROUP))
    return values.reshape(n_rows, n_columns)


def _uniform(stream: np.random.RandomState, size: int) -> Float32[np.ndarray, " size"]:
    """Return numbers in [0, 1) of 24 random bits, as torch makes them of 32."""
    bits = stream.randint(0, 2**32, size, dtype=np.uint32) & np.uint32(_MANTISSA - 1)
    return bits.astype(np.float32) / np.float32(_MANTISSA)


def _box_muller(uniform: Float32[np.ndarray, " size"]) -> Float32[np.ndarray, " size"]:
    groups = uniform.reshape(-1, 2, _GROUP // 2)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - groups[:, 0]))
    angle = np.float32(2 * np.pi) * groups[:, 1]
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).reshape(-1)
