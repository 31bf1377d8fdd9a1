"""The untrained layer that numpy draws, against the one that torch draws."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from embedcore.contract import ModelMetadata
from embedcore.model.untrained import normal_table, write_untrained
from export.verify import verify

# torch's AVX2, AVX-512 and scalar builds take logarithms and sines that differ in the last bit or two; values reach
# ±5.8 (24 random bits), where one unit in the last place is 4.8e-7.
ATOL = 1e-6


def by_torch(seed, *shapes):
    torch.manual_seed(seed)
    return [torch.nn.Embedding(*shape).weight.detach().numpy() for shape in shapes]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    first=st.tuples(st.integers(1, 40), st.integers(16, 40)),
    second=st.tuples(st.integers(16, 40), st.integers(1, 40)),
)
@example(seed=123, first=(1, 16), second=(16, 1))  # one whole group
@example(seed=0, first=(1, 17), second=(31, 1))  # the last sixteen are drawn anew, over some of the first
def test_a_table_is_what_torch_draws_and_leaves_the_stream_where_torch_does(seed, first, second):
    stream = np.random.RandomState(seed)
    for shape, expected in zip((first, second), by_torch(seed, first, second), strict=True):
        table = normal_table(stream, *shape)
        assert table.dtype == np.float32
        np.testing.assert_allclose(table, expected, rtol=0, atol=ATOL)


def test_the_book_is_drawn_without_torch():
    np.testing.assert_allclose(
        normal_table(np.random.RandomState(123), 6, 3)[[0, 3]],
        [[0.3374, -0.1778, -0.1690], [-0.4015, 0.9666, -1.1481]],
        rtol=0,
        atol=5e-5,
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("untrained") / "u.onnx"
    return path, write_untrained(path, name="random-gpt2")


def test_the_whole_file_holds_torchs_tables(file):
    path, _ = file
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    table, positions = by_torch(123, (50_257, 256), (1_024, 256))
    np.testing.assert_allclose(weights["table"], table, rtol=0, atol=ATOL)
    np.testing.assert_allclose(weights["position.table"], positions, rtol=0, atol=ATOL)
    assert np.mean(weights["table"] == table) > 0.8  # most are equal to the last bit: the stream is the same


def test_the_whole_file_keeps_the_contract_and_says_what_it_is(file):
    path, metadata = file
    assert [check for check in verify(path) if not check.is_met] == []
    read = ModelMetadata.from_props({prop.key: prop.value for prop in onnx.load(path).metadata_props})
    assert read == metadata
    assert (metadata.name, metadata.tokenizer, metadata.n_vocab, metadata.d_model, metadata.context_length) == (
        "random-gpt2",
        "gpt2",
        50_257,
        256,
        1_024,
    )
    assert [other.name for other in path.parent.iterdir()] == ["u.onnx"]


def test_the_file_is_whole_or_absent(tmp_path, monkeypatch):
    """A server that is ended while it writes must leave no half of a model for the next one to open."""

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)  # the last step of a whole write
    with pytest.raises(OSError, match="No space left"):
        write_untrained(tmp_path / "u.onnx", name="random-gpt2")
    assert list(tmp_path.iterdir()) == []


def test_torch_is_not_imported(tmp_path):
    script = (
        "import sys; from pathlib import Path; from embedcore.model.untrained import write_untrained; "
        f"write_untrained(Path({str(tmp_path / 'u.onnx')!r}), name='u'); "
        "assert 'torch' not in sys.modules and 'onnxscript' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
