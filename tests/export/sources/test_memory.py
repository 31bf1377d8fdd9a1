"""What reading a large table takes: its own size and little more, and for some of its rows next to nothing."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest

# Prints the most memory in bytes that the process had before the table was read, and in all.
CODE = """
import sys
from pathlib import Path
import numpy as np
from export.sources.open import open_source

def most():
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024

path, name, rows = sys.argv[1:]
source = open_source(Path(path))
before = most()
table = source.read(name, slice(*map(int, rows.split(":"))))
total = 0.0
for start in range(0, len(table), 256):
    total += float(table[start : start + 256].astype(np.float64).sum())
print(before, most(), *table.shape, total)
"""
# The type, the bytes of a number when it is read, and by how much the first is off the place of its type.
KINDS = [("F16", 2, 0), ("F16", 2, 1), ("BF16", 4, 0)]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="VmHWM is Linux's")


def write_shards(folder, dtype, n_rows, width, padding=0):
    """Write a model in two files, its table in the second, at an odd byte or an even one; return the table's sum."""
    folder.mkdir()
    rows = np.random.default_rng(0).integers(-4, 5, (4_096, width)).astype(np.float16)
    block = rows if dtype == "F16" else (rows.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    n_bytes = n_rows * width * 2
    small = {"lm_head.norm": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    large = {"model.embed_tokens.weight": {"dtype": dtype, "shape": [n_rows, width], "data_offsets": [0, n_bytes]}}
    total = 0.0
    for name, tensors in (("model-1.safetensors", small), ("model-2.safetensors", large)):
        header = json.dumps(tensors).encode()
        header += b" " * (-len(header) % 8 + padding)
        with (folder / name).open("wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            if tensors is small:
                file.write(bytes(8))
                continue
            for start in range(0, n_rows, len(block)):
                file.write(block[: n_rows - start].tobytes())
                total += float(rows[: n_rows - start].astype(np.float64).sum())
    weight_map = {"lm_head.norm": "model-1.safetensors", "model.embed_tokens.weight": "model-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return total


def measured(folder, rows=":"):
    """Return how many bytes it took to read rows of the table, those before it, the shape, and the sum."""
    rows = rows if rows != ":" else f"0:{2**62}"
    command = [sys.executable, "-c", CODE, str(folder), "model.embed_tokens.weight", rows]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, most, n_rows, width, total = map(float, done.stdout.split())
    return int(most - before), int(most), (int(n_rows), int(width)), total


@pytest.mark.parametrize(("dtype", "item_bytes", "padding"), KINDS)
def test_a_table_takes_its_own_size_and_some_rows_take_theirs(tmp_path, dtype, item_bytes, padding):
    n_rows, width = 20_000, 512
    total = write_shards(tmp_path / "model", dtype, n_rows, width, padding)
    took, _, shape, read = measured(tmp_path / "model")
    assert (shape, read) == ((n_rows, width), total)
    table_bytes = n_rows * width * item_bytes
    assert table_bytes * 0.9 < took < table_bytes + 12_000_000  # some of it is widened at a time
    took, _, shape, _ = measured(tmp_path / "model", "10000:10050")
    assert shape == (50, width)
    assert took < 10_000_000


@pytest.mark.long
@pytest.mark.parametrize(("dtype", "item_bytes", "padding"), KINDS)
def test_the_table_of_a_large_model_takes_less_than_one_and_a_half_of_its_size(tmp_path, dtype, item_bytes, padding):
    """128,256 × 4,096, Llama 3's, as 16-bit numbers; all that the process takes is counted, its imports too."""
    n_rows, width = 128_256, 4_096
    total = write_shards(tmp_path / "model", dtype, n_rows, width, padding)
    _, most, shape, read = measured(tmp_path / "model")
    assert (shape, read) == ((n_rows, width), total)
    assert most < 1.5 * n_rows * width * item_bytes
    _, most, _, _ = measured(tmp_path / "model", "100000:100050")
    assert most < 200_000_000
