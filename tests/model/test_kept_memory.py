"""What stays in memory after a model was opened and long texts ran through it: the file's weights, and little more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from embedcore.tokens.tokenizer import TOY, get_tokenizer
from export.random import random_layer
from export.writer import write_model

MOST = 100_000_000  # bytes; the arena kept 1,073,000,000 of one opened ALiBi file, and 3,007,000,000 of a T5 text
MOST_AT_OPENING = 450_000_000  # bytes that the first run may take for a moment
SCRIPT = """
import gc, json, os, sys
import numpy as np
import embedcore

def told(key):
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(key))

embedcore.open_model("toy", provider="cpu").run([1])
before = told("VmRSS:")
found, models = [], []
for path in sys.argv[2:]:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is counted from here
    models.append(embedcore.open_model(path, provider="cpu"))
    peak, opened = told("VmHWM:") - before, told("VmRSS:") - before
    model = models[-1]
    ids = np.zeros((1, min(model.longest, int(sys.argv[1]))), np.int64)
    for _ in range(2):
        model.run(ids)
    model.run(np.zeros((8, ids.shape[1] // 4), np.int64))
    len(model.positions) + len(model.table)
    gc.collect()
    found.append({"peak": peak, "opened": opened, "run": told("VmRSS:") - before})
print(json.dumps(found))
"""
LONG = 4_000  # tokens of a text; ALiBi's file takes 1,494 in one run
CASES = {
    "alibi": ("alibi", {"n_heads": 112}, 112, 2_048),
    "t5": ("t5", {"n_heads": 8, "n_buckets": 32, "max_distance": 128, "is_bidirectional": True}, 64, 8_192),
    "rope": (
        "rope",
        {"n_heads": 2, "base": 10_000.0, "layout": "half", "scaling": "dynamic", "factor": 4.0, "original_length": 64},
        256,
        131_072,
    ),
    "shaw": ("shaw", {"n_heads": 1, "max_distance": 16}, 256, 131_072),
}


def measured(length: int, *paths: Path) -> list[dict[str, int]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(length), *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def written(folder: Path, name: str) -> Path:
    scheme, parameters, d_model, context_length = CASES[name]
    path = folder / f"{name}.onnx"
    n_vocab = get_tokenizer(TOY).n_vocab
    layer = random_layer(
        n_vocab=n_vocab, d_model=d_model, context_length=context_length, seed=1, positions=scheme, **parameters
    )
    write_model(layer, path, name=name, tokenizer=TOY, source="a test", provenance={})
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("name", "length"), [("alibi", LONG), ("t5", 2_500), ("rope", 60_000), ("shaw", 40_000)], ids=lambda value: value
)
def test_an_opened_file_and_a_long_text_leave_little_behind(tmp_path, name, length):
    (memory,) = measured(length, written(tmp_path, name))
    assert memory["peak"] < MOST_AT_OPENING
    assert memory["opened"] < MOST
    assert memory["run"] < MOST


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_three_opened_files_leave_hardly_more_than_one(tmp_path):
    path = written(tmp_path, "alibi")
    memory = measured(LONG, path, path, path)
    assert memory[2]["run"] < MOST


SEARCH = """
import gc
import numpy as np
from embedcore.space.neighbors import NeighborIndex

def resident():
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

table = np.random.default_rng(0).standard_normal((50_257, 64), dtype=np.float32)
index = NeighborIndex(table)
index.search(table[:2], k=5)
gc.collect()
before = resident()
for _ in range(3):
    index.search(table[:512], k=10)
gc.collect()
print(resident() - before)
"""


def test_a_search_of_many_queries_gives_the_memory_of_their_scores_back():
    """512 × 50,257 float32 scores are 103 MB; the arena kept 106 MB of them."""
    done = subprocess.run([sys.executable, "-c", SEARCH], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 60_000_000
