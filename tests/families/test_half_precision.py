"""Checkpoints of 16-bit numbers: the file's float32 numbers, rounded once, are those that transformers' block 1 gets.

A family that casts its factor to the table's type first (Gemma's √d_model) has another number there than one that
multiplies by a Python number. A float32 holds the product of two 16-bit numbers exactly, so one rounding is all.
"""

import numpy as np
import onnxruntime
import pytest
import torch

from embedcore import contract
from export.families.layer import layer_of
from export.layer.write import write_layer
from export.sources.open import open_source
from tests.families.capture import capture
from tests.families.rows import row_of
from tests.families.tiny import tiny_model

TOKEN_IDS = np.array([[7, 3, 3, 41, 5, 12]])
CAST = ("gemma", "gemma2", "gemma3_text", "vaultgemma", "minicpm3")
NOT_CAST = ("granite", "afmoe", "falcon_h1")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bf16", "fp16"])
@pytest.mark.parametrize("name", [*CAST, *NOT_CAST, "recurrent_gemma", "llama"])
def test_the_file_of_a_16_bit_checkpoint_gives_what_block_1_gets(name, dtype, tmp_path):
    row = row_of(name)
    theirs = tiny_model(name, row).to(dtype)
    theirs.save_pretrained(tmp_path)
    with torch.no_grad():
        expected = capture(theirs, torch.from_numpy(TOKEN_IDS), row).input_embeddings
    source = open_source(tmp_path)
    try:
        write_layer(layer_of(source), tmp_path / "layer.onnx", name="layer")
    finally:
        source.close()
    session = onnxruntime.InferenceSession(tmp_path / "layer.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.run([contract.INPUT_EMBEDDINGS], {contract.TOKEN_IDS: TOKEN_IDS})
    assert torch.equal(torch.from_numpy(given).to(dtype), expected)
    assert expected.dtype == dtype
