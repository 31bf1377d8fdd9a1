"""What one file cannot hold is refused at once, with both numbers, and what is offered instead fits."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from embedcore.errors import ModelFileError, ShapeError
from embedcore.nn import SCHEMES, InputLayer
from embedcore.nn.none import NoPosition
from embedcore.nn.sinusoidal import Sinusoidal
from export.file_size import LARGEST, check_fits, check_stored
from export.random import random_layer
from export.writer import write_model
from tests.declared import others

ROOT = Path(__file__).resolve().parents[2]
ROPE = {"n_heads": 4, "base": 10_000.0, "layout": "half", "scaling": "none"}
TOO_LARGE = {
    "a table": (50_257, 9_999_999, 1_024, "none", {}),
    "learned": (50_257, 256, 99_999_999, "learned", {}),
    "sinusoidal": (6, 256, 10_000_000, "sinusoidal", {"base": 10_000.0}),
    "transformer-xl": (6, 256, 10_000_000, "transformer-xl", {"n_heads": 4, "base": 10_000.0}),
    "rope": (50_257, 256, 10_000_000, "rope", ROPE),
    "shaw": (6, 256, 100, "shaw", {"n_heads": 1, "max_distance": 10**12}),
    "bert": (6, 256, 100, "bert-relative-key", {"n_heads": 2, "max_distance": 10_000_000}),
    "deberta": (6, 256, 100, "deberta", {"n_heads": 1, "max_distance": 10**10, "n_buckets": 0}),
    "deberta v2": (6, 256, 100, "deberta", {"n_heads": 1, "max_distance": 10**10, "n_buckets": 10**7}),
    "t5": (6, 64, 9, "t5", {"n_heads": 4, "n_buckets": 10**9, "max_distance": 10**10, "is_bidirectional": True}),
    "a table with heads": (10**6, 30_000, 9, "alibi", {"n_heads": 100}),
}
STEPS = {"n_buckets": 2}


def sizes(case):
    names = ("n_vocab", "d_model", "context_length", "positions", "hyperparameters")
    return dict(zip(names, case, strict=True))


def changed(numbers, knob, value):
    if knob in numbers:
        return {**numbers, knob: value}
    return {**numbers, "hyperparameters": {**numbers["hyperparameters"], knob: value}}


@pytest.mark.parametrize("case", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_refused_and_the_remedy_is_the_largest_that_fits(case):
    numbers = sizes(case)
    with pytest.raises(ShapeError, match=f"{LARGEST:,} is the most") as caught:
        check_fits(**numbers)
    remedy = re.search(r"choose (\w+) ([\d,]+) or less$", str(caught.value))
    assert remedy is not None, caught.value
    knob, value = remedy[1], int(remedy[2].replace(",", ""))
    check_fits(**changed(numbers, knob, value))
    step = 2 * numbers["hyperparameters"].get("n_heads", 1) if knob == "d_model" else STEPS.get(knob, 1)
    with pytest.raises(ShapeError, match="is the most"):
        check_fits(**changed(numbers, knob, value + step))


@pytest.mark.parametrize(
    "case",
    [
        (6, 8, 2**31 - 1, "alibi", {"n_heads": 4}),
        (6, 8, 2**31 - 1, "none", {}),
        (6, 8, 2**31 - 1, "shaw", {"n_heads": 4, "max_distance": 16}),
        (6, 64, 1_000_000, "rope", {**ROPE, "n_heads": 16}),
    ],
)
def test_a_long_context_that_stores_little_is_taken(case):
    """The count follows what the scheme stores, and not the length of the context."""
    check_fits(**sizes(case))


@pytest.mark.parametrize("name", ["n_vocab", "d_model", "context_length"])
def test_a_size_beyond_what_an_axis_holds_is_refused(name):
    numbers = sizes((6, 8, 9, "none", {})) | {name: 2**31}
    with pytest.raises(ShapeError, match=f"{name} is 2,147,483,648, but a file holds at most 2,147,483,647"):
        check_fits(**numbers)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_counted_is_what_the_layer_stores(scheme, monkeypatch):
    """A limit of the bytes of the layer's own tensors is enough, and a limit of one byte less is not."""
    own = {"n_heads": 2, "base": 500.0, "max_distance": 9, "n_buckets": 8, "is_bidirectional": True}
    own |= {"layout": "half", "scaling": "none"}
    used = {
        "sinusoidal": ("base",), "transformer-xl": ("n_heads", "base"), "alibi": ("n_heads",),
        "t5": ("n_heads", "n_buckets", "max_distance", "is_bidirectional"),
        "deberta": ("n_heads", "n_buckets", "max_distance"), "rope": ("n_heads", "base", "layout", "scaling"),
        **dict.fromkeys(("shaw", "bert-relative-key", "bert-relative-key-query"), ("n_heads", "max_distance")),
    }  # fmt: skip
    parameters = {name: own[name] for name in used.get(scheme, ())}
    parameters |= others(("none", "learned", *used), n_heads=2, context_length=20).get(scheme, {})
    layer = random_layer(n_vocab=11, d_model=8, context_length=20, seed=0, positions=scheme, **parameters)
    stored = sum(value.numel() * value.element_size() for value in layer.state_dict().values())
    case = sizes((11, 8, 20, scheme, parameters))
    monkeypatch.setattr("export.file_size.LARGEST", stored)
    check_fits(**case)
    check_stored(layer)
    monkeypatch.setattr("export.file_size.LARGEST", stored - 1)
    with pytest.raises(ShapeError, match=f"{stored:,} together"):
        check_fits(**case)
    with pytest.raises(ModelFileError, match=f"{stored:,} bytes"):
        check_stored(layer)


def test_stored_waves_count_and_the_remedy_is_one_that_helps(tmp_path, monkeypatch):
    monkeypatch.setattr("export.file_size.LARGEST", 6_000)
    waves = InputLayer(torch.randn(10, 8), Sinusoidal(300, 8), context_length=300)
    with pytest.raises(ModelFileError, match=r"9,920 bytes .* at most 6,000: take fewer rows, .* shorter context"):
        write_model(waves, tmp_path / "m.onnx", name="m", tokenizer="toy", source="a test", provenance={})
    rows = torch.randn(300, 8)
    with pytest.raises(ModelFileError, match=r"9,600 bytes .* at most 6,000: export its weights as float16"):
        write_model(
            InputLayer(rows, NoPosition(), context_length=9), tmp_path / "m.onnx", name="m", tokenizer="toy",
            source="a test", provenance={},
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    check_stored(InputLayer(rows.half(), NoPosition(), context_length=9))


COUNTING = """
import json, resource, subprocess, sys
status = subprocess.run([sys.argv[1], "-m", "export", *sys.argv[2:]], stdout=sys.stderr).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, usage.ru_utime + usage.ru_stime, 1024 * usage.ru_maxrss]))
"""


def command(tmp_path, arguments):
    """Run a command in a process of its own; return its status, message, seconds and the most memory that it held."""
    message = tmp_path / "message.txt"
    with message.open("w") as file:
        # A child begins with the size of its parent: a small process between keeps that of the tests out of the count.
        printed = subprocess.run(
            [sys.executable, "-S", "-c", COUNTING, sys.executable, *arguments, "-o", str(tmp_path / "m.onnx")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=file,
            check=True,
            timeout=600,
        ).stdout
    status, seconds, most = json.loads(printed)
    return status, message.read_text(), seconds, most


@pytest.mark.skipif(sys.platform != "linux", reason="the system counts memory in another unit")
@pytest.mark.parametrize(
    "options",
    [
        "--positions rope --context-length 10000000",
        "--positions sinusoidal --context-length 2000000",
        "--positions transformer-xl --context-length 20000000",
    ],
)
def test_a_file_above_the_most_is_refused_before_anything_large_is_made(tmp_path, options):
    status, message, seconds, most = command(tmp_path, ["random", *options.split()])
    assert status == 1
    assert re.search(
        r"[\d,]{13,} (bytes|together), and 1,500,000,000 is the most.* choose context_length [\d,]+ or less", message
    )
    assert "Traceback" not in message
    assert seconds < 30
    assert most < 700_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["message.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="the system counts memory in another unit")
@pytest.mark.parametrize(
    ("d_model", "n_heads", "context_length"),
    [(112, 112, 2_048), pytest.param(64, 64, 8_192, marks=pytest.mark.long)],
    ids=["BLOOM", "MPT-30B"],
)
def test_the_biases_of_real_models_are_written(tmp_path, d_model, n_heads, context_length):
    options = f"--positions alibi --d-model {d_model} --n-heads {n_heads} --context-length {context_length}"
    status, message, _, most = command(tmp_path, ["random", *options.split()])
    assert status == 0, message
    assert most < 1_600_000_000  # 400 MB of it are imports, and 23 MB the table
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx", "message.txt"]
