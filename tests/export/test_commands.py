"""The command line: what each command writes, and what it says when it cannot."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from embedcore.engine.generic_graphs import GRAPHS
from embedcore.model.catalog import MODELS_FOLDER
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.parameters import uses
from embedcore.tokens.tokenizer import get_tokenizer
from export.__main__ import COMMANDS, main
from export.verify import verify

ROOT = Path(__file__).resolve().parents[2]


def stored(path):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_toy_writes_the_books_table_and_what_torch_draws_next(tmp_path):
    path = tmp_path / "toy.onnx"
    assert main(["toy", "-o", str(path)]) == 0
    torch.manual_seed(123)
    table, positions = torch.nn.Embedding(6, 3), torch.nn.Embedding(6, 3)
    weights = stored(path)
    np.testing.assert_array_equal(weights["table"], table.weight.detach().numpy())
    np.testing.assert_array_equal(weights["position.table"], positions.weight.detach().numpy())
    np.testing.assert_allclose(weights["table"][0], [0.3374, -0.1778, -0.1690], rtol=0, atol=5e-5)
    np.testing.assert_allclose(weights["table"][3], [-0.4015, 0.9666, -1.1481], rtol=0, atol=5e-5)


@pytest.mark.long
def test_the_files_in_the_repository_are_what_the_commands_write(tmp_path):
    main(["toy", "-o", str(tmp_path / "toy.onnx")])
    main(["graphs", "-o", str(tmp_path / "graphs")])
    committed = {"toy.onnx": MODELS_FOLDER / "toy.onnx"} | {path.name: path for path in GRAPHS.glob("*.onnx")}
    made = {path.name: path for path in tmp_path.rglob("*.onnx")}
    assert made.keys() == committed.keys()
    assert {name: sha256(path) for name, path in made.items()} == {
        name: sha256(path) for name, path in committed.items()
    }


def test_graphs_writes_those_that_are_named_and_a_list_of_all(tmp_path, capsys):
    assert main(["graphs", "none", "rope_linear", "-o", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "none.onnx", "rope_linear.onnx"]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (GRAPHS / path.name).read_bytes()
    assert main(["graphs", "spiral", "-o", str(tmp_path)]) == 1
    assert "there is no graph 'spiral': choose from the " in capsys.readouterr().err


def test_random_at_full_size_is_torchs_embedding_bit_for_bit(tmp_path):
    path = tmp_path / "random.onnx"
    arguments = ["random", "--encoding", "gpt2", "--d-model", "256", "--context-length", "1024", "--seed", "123", "-o"]
    assert main([*arguments, str(path)]) == 0
    torch.manual_seed(123)
    table, positions = torch.nn.Embedding(50_257, 256), torch.nn.Embedding(1_024, 256)
    weights = stored(path)
    np.testing.assert_array_equal(weights["table"], table.weight.detach().numpy())
    np.testing.assert_array_equal(weights["position.table"], positions.weight.detach().numpy())
    first = sha256(path)
    main([*arguments, str(path)])
    assert sha256(path) == first
    assert [check for check in verify(path) if not check.is_met] == []


NAMES = (
    "none", "learned", "sinusoidal", "shaw", "transformer-xl", "bert-relative-key", "bert-relative-key-query", "deberta",
    "t5", "alibi", "rope",
)  # fmt: skip
OUTPUTS = {"sinusoidal": ["position_embeddings"], "learned": ["position_embeddings"], "none": [],
           "t5": ["attention_bias"], "alibi": ["attention_bias"], "rope": ["rotary_cos", "rotary_sin"]}  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        *(f"--positions {name}{' --n-heads 2' if 'n_heads' in uses(name) else ''}" for name in NAMES),
        "--positions alibi --n-heads 12 --d-model 24",
        "--positions t5 --causal --n-buckets 7 --max-distance 9",
        "--positions deberta --n-buckets 6 --max-distance 12",
        "--positions shaw --max-distance 2 --n-heads 1",
        "--positions rope --rope-layout interleaved --base 500",
        "--positions alibi --n-heads 2 --bias-max 16",
        "--positions sinusoidal --wave-layout halves",
        "--positions transformer-xl --n-heads 2 --wave-layout halves",
        "--positions rope --n-heads 1 --rope-rotary-dim 4 --rope-layout interleaved",
        "--positions rope --n-heads 1 --rope-rotary-dim 4 --rope-scaling dynamic --rope-original-length 7",
        "--positions rope --n-heads 1 --rope-scaling stepped --rope-original-length 5",
        "--positions rope --n-heads 1 --rope-scaling proportional --rope-proportion 0.5",
        "--positions rope --rope-scaling yarn --rope-no-truncate --rope-mscale 0.7 --rope-mscale-all-dim 1.1",
        "--positions rope --rope-scaling longrope --rope-short-mscale 1.2 --rope-long-mscale 1.4",
        *(
            pytest.param(f"--positions rope --n-heads 2 --rope-scaling {name}", marks=pytest.mark.long)
            for name in ("linear", "ntk", "dynamic", "yarn", "llama3", "longrope")  # the later ones are above
        ),
        "--positions rope --rope-scaling yarn --rope-factor 2 --rope-original-length 9 --rope-beta-fast 4 "
        "--rope-beta-slow 0.5 --rope-attention-factor 1.5",
        "--positions rope --rope-scaling llama3 --rope-low-frequency-factor 0.5 --rope-high-frequency-factor 2",
        "--positions rope --n-heads 2 --rope-scaling longrope --rope-short-factors 1,2 --rope-long-factors 3,4",
    ],
)  # fmt: skip
def test_random_takes_every_scheme_with_its_options(tmp_path, options):
    path = tmp_path / "m.onnx"
    arguments = ["random", "--encoding", "toy", "--d-model", "8", "--context-length", "20"]
    assert main([*arguments, *options.split(), "-o", str(path)]) == 0
    assert [check for check in verify(path) if not check.is_met] == []
    name = options.split()[1]
    names = [value.name for value in onnx.load(path).graph.output]
    assert names == ["token_embeddings", *OUTPUTS.get(name, ["relative_embeddings"]), "input_embeddings"]


def test_every_scheme_and_every_output_has_a_name_in_the_contract():
    assert [name for name in SCHEME_OUTPUTS if name in NAMES] == list(NAMES)
    assert {name: list(SCHEME_OUTPUTS[name]) for name in NAMES} == {
        name: OUTPUTS.get(name, ["relative_embeddings"]) for name in NAMES
    }


@pytest.mark.parametrize("positions", ["none", "learned", "sinusoidal"])
def test_random_takes_a_size_a_seed_and_a_scheme(tmp_path, positions):
    path = tmp_path / "small.onnx"
    arguments = f"random --d-model 2 --context-length 3 --seed 7 --positions {positions} -o".split()
    assert main([*arguments, str(path)]) == 0
    torch.manual_seed(7)
    weights = stored(path)
    np.testing.assert_array_equal(
        weights["table"], torch.nn.Embedding(get_tokenizer("gpt2").n_vocab, 2).weight.detach().numpy()
    )
    assert weights.get("position.table", np.empty((3, 2))).shape == (3, 2)
    assert ("position.table" in weights) == (positions != "none")
    assert [check for check in verify(path) if not check.is_met] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("random --d-model 0", ["d_model is 0", "1 or more"]),
        ("random --context-length -3", ["context_length is -3", "1 or more"]),
        ("random --seed -1", ["seed is -1", "18446744073709551615"]),
        ("random --seed 99999999999999999999", ["99999999999999999999"]),
        ("random --d-model 3 --positions sinusoidal", ["d_model is 3", "4"]),
        ("random --d-model 8 --n-heads 3 --positions alibi", ["8 does not divide into 3 heads", "1, 2, 4, 8"]),
        ("random --d-model 6 --n-heads 2 --positions rope", ["head_dim is 3", "4"]),
        ("random --d-model 6 --n-heads 2 --positions transformer-xl", ["head_dim is 3", "4"]),
        ("random --d-model 8 --positions sinusoidal --base 0", ["base is 0", "above 0"]),
        ("random --d-model 16 --positions rope --base -2", ["base is -2", "above 0"]),
        ("random --d-model 16 --positions rope --rope-scaling yarn --rope-factor 0.5", ["factor is 0.5", "1 or more"]),
        ("random --d-model 16 --positions rope --rope-scaling yarn --rope-original-length 0", ["length is 0", "1 or"]),
        ("random --d-model 8 --positions rope --rope-scaling ntk", ["head_dim is 2", "4"]),
        ("random --d-model 16 --positions rope --rope-scaling longrope --rope-long-factors 1,2,3", ["3 numbers", "2"]),
        ("random --d-model 8 --positions shaw --max-distance 0", ["max_distance is 0", "1 or more"]),
        ("random --d-model 8 --positions t5 --n-buckets 3", ["n_buckets is 3", "4 or more"]),
        ("random --d-model 8 --positions t5 --max-distance 8", ["max_distance is 8", "first 8"]),
        (
            "random --context-length 99999999",
            ["99,999,999 × 256", "1,500,000,000 is the most", "context_length 1,414,586 or less"],
        ),
        ("random --d-model 9999999", ["1,024 × 9,999,999", "1,500,000,000 is the most", "d_model 7,312 or less"]),
    ],
)
def test_values_out_of_range_are_told_and_nothing_is_written(tmp_path, capsys, arguments, words):
    assert main([*arguments.split(), "-o", str(tmp_path / "m.onnx")]) == 1
    message = capsys.readouterr().err
    assert message.startswith("python -m export random: ")
    assert all(word in message for word in words)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_by_its_name(tmp_path, capsys):
    assert main(["toy", "-o", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert "directory" in message
    (tmp_path / "file").write_text("")
    assert main(["toy", "-o", str(tmp_path / "file" / "toy.onnx")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_names_the_command_and_what_it_does(capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "python -m export" in text
    assert all(name in text for name in (command or COMMANDS))


def test_an_unknown_command_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["toys"])
    assert caught.value.code == 2
    assert "toy" in capsys.readouterr().err


BLOCK = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
import runpy
sys.argv = ["export", *{arguments!r}]
runpy.run_module("export", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("arguments", [["toy"], ["--help"], []])
@pytest.mark.parametrize("blocked", [("torch",), ("onnxscript",), ("torch", "onnxscript", "onnx", "numpy")])
def test_without_its_packages_the_export_says_what_to_install(arguments, blocked):
    script = BLOCK.format(blocked=blocked, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "pip install -r export/requirements.txt" in done.stderr
    assert all(package in done.stderr for package in blocked)
    assert "Traceback" not in done.stderr
    assert (ROOT / "export" / "requirements.txt").exists()


def test_a_file_is_verified_and_a_checkpoint_read_without_torch(tmp_path):
    table, path = tmp_path / "words.npy", tmp_path / "words.onnx"
    np.save(table, np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32))
    for arguments, words in (
        (["checkpoint", str(table), "-o", str(path)], "9 × 4 float32"),
        (["verify", str(path)], "hold"),
        (["verify", "models/toy.onnx"], "hold"),
    ):
        script = BLOCK.format(blocked=("torch", "onnxscript"), arguments=arguments)
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert words in done.stdout
        assert "torch =" not in done.stdout
    script = BLOCK.format(blocked=("numpy",), arguments=["verify", "models/toy.onnx"])
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs numpy" in done.stderr
