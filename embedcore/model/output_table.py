"""The output table (E_out, the unembedding) of an untied model: `NAME.output.npy` beside its `.onnx` file."""

from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from embedcore.errors import ModelFileError
from embedcore.files.npy import plain_array
from embedcore.files.plain import read_file

_HEADER: Final = 10_000  # bytes: numpy's own bound


def output_table_path(model_file: Path) -> Path:
    """Return where a model's output table lies, if it has one: `gpt.onnx` → `gpt.output.npy`."""
    return model_file.with_name(f"{model_file.stem}.output.npy")


def read_output_table(model_file: Path, n_vocab: int, d_model: int) -> Float32[np.ndarray, "n_vocab d_model"] | None:
    """Return the output table beside `model_file`, row i for token i; None if there is none.

    A plain array of numpy's own format, float16 or float32, [n_vocab, d_model], as `np.save` writes it. Raises
    ModelFileError if it cannot be read or has another shape.
    """
    path = output_table_path(model_file)
    try:
        content = read_file(path, most=4 * n_vocab * d_model + _HEADER)
    except FileNotFoundError:
        return None
    try:
        table = plain_array(content, (np.float16, np.float32))
    except ValueError as error:
        msg = f"{path.name} is no plain numpy array of float16 or float32 ({error}): write it with np.save"
        raise ModelFileError(msg) from error
    if table.shape != (n_vocab, d_model):
        msg = (
            f"{path.name} holds {table.dtype} {list(table.shape)}, but the model's output table must be float16 or "
            f"float32 [{n_vocab}, {d_model}]: write the rows of this model's unembedding"
        )
        raise ModelFileError(msg)
    return table.astype(np.float32)
