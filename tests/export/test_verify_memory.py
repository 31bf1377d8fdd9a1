"""`verify` takes a bounded memory, whatever the length and the heads, and says how far it compared."""

import json
import re
import subprocess
import sys

import pytest

from embedcore.tokens.tokenizer import TOY, get_tokenizer
from export.random import random_layer
from export.writer import write_model

MOST = 1_000_000_000  # bytes above what a first verification leaves
SCRIPT = """
import json, sys
from pathlib import Path
import export.random, export.writer
from export.verify import verify

def told(key):
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(key))

verify(Path("models/toy.onnx"))
before = told("VmRSS:")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak is counted from here
checks = verify(Path(sys.argv[1]))
print(json.dumps([told("VmHWM:") - before, [[check.name, check.is_met, check.detail] for check in checks]]))
"""
BLOOM = ("alibi", {"n_heads": 112}, 112, 2_048)
MPT = ("alibi", {"n_heads": 64}, 64, 8_192)
T5 = ("t5", {"n_heads": 64, "n_buckets": 32, "max_distance": 128, "is_bidirectional": True}, 64, 8_192)
LEARNED = ("learned", {}, 256, 131_072)
SINUSOIDAL = ("sinusoidal", {"base": 10_000.0}, 128, 131_072)
DISTANCES = ("transformer-xl", {"n_heads": 1, "base": 10_000.0}, 64, 131_072)
ROTARY = ("rope", {"n_heads": 1, "base": 10_000.0, "layout": "half", "scaling": "none"}, 128, 131_072)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("scheme", "parameters", "d_model", "context_length"),
    [
        BLOOM,
        *(pytest.param(*case, marks=pytest.mark.long) for case in (MPT, T5, LEARNED, SINUSOIDAL, DISTANCES, ROTARY)),
    ],
)
def test_a_large_file_is_compared_in_bounded_memory_up_to_a_length_that_is_told(
    tmp_path, scheme, parameters, d_model, context_length
):
    path = tmp_path / "m.onnx"
    n_vocab = get_tokenizer(TOY).n_vocab
    layer = random_layer(
        n_vocab=n_vocab, d_model=d_model, context_length=context_length, seed=1, positions=scheme, **parameters
    )
    write_model(layer, path, name="m", tokenizer=TOY, source="a test", provenance={})
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak, checks = json.loads(done.stdout)
    assert [check for check in checks if not check[1]] == []
    assert peak < MOST
    reached = {int(n.replace(",", "")) for *_, detail in checks for n in re.findall(r"up to ([\d,]+) of", detail)}
    assert max(reached) >= (700 if scheme in ("alibi", "t5") else 100_000)
    assert f"of {context_length:,} tokens" in checks[-1][2]
