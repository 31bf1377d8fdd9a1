"""`python -m export train`, end to end on a little text, and its messages."""

import hashlib

import numpy as np
import pytest
import torch

from embedcore.model.id_sets import unpack_ids
from embedcore.model.open import open_model
from embedcore.tokens.tokenizer import get_tokenizer
from export import corpus, train
from export.__main__ import main
from export.trainer import Settings
from export.verify import verify

TEXTS = [f"A list of {n % 7} names is a sequence; a tuple of {n % 9} names is one too." for n in range(60)]
OPTIONS = "--steps 3 --layers 1 --heads 2 --d-model 8 --context-length 16 --batch-size 2 --threads 1"
TINY = OPTIONS.split()
GOLDEN = [0.006748, -0.003555, -0.006069]  # torch 2.13, normal(0, 0.02) of seed 123, the first row


@pytest.fixture(autouse=True)
def _small_corpus(monkeypatch):
    n_threads = torch.get_num_threads()
    monkeypatch.setattr(corpus, "documents", lambda: list(TEXTS))
    yield
    torch.set_num_threads(n_threads)
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("train")


@pytest.fixture(scope="module")
def files(folder):
    """Return the files of the same command, run twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "documents", lambda: list(TEXTS))
        for name in ("one", "two"):
            paths = ["-o", str(folder / name / "tiny.onnx"), "--snapshots", str(folder / name / "tiny.snapshots.npz")]
            assert main(["train", *TINY, *paths]) == 0
    return folder / "one" / "tiny.onnx", folder / "two" / "tiny.onnx"


def test_the_same_command_gives_the_same_bytes(files):
    first, second = (hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    assert second == first
    snapshots = [file.with_name("tiny.snapshots.npz").read_bytes() for file in files]
    assert snapshots[0] == snapshots[1]


def test_the_file_passes_verify(files):
    checks = verify(files[0])
    assert len(checks) > 10
    assert [check for check in checks if not check.is_met] == []


def test_the_file_tells_where_it_comes_from(files):
    provenance = open_model(files[0], provider="cpu").metadata.provenance
    assert provenance["corpus_sha256"] == hashlib.sha256("\0".join(TEXTS).encode()).hexdigest()
    assert {key: provenance[key] for key in ("corpus_documents", "steps", "threads", "seed")} == {
        "corpus_documents": 60,
        "steps": 3,
        "threads": 1,
        "seed": Settings().seed,
    }
    assert provenance["train_loss"] == pytest.approx(np.log(provenance["distinct_tokens"]), rel=0.1)
    assert provenance["torch"] == torch.__version__.partition("+")[0]
    assert provenance["validation_loss"] > 0


def test_rows_that_training_never_saw_are_as_they_began(files):
    model = open_model(files[0], provider="cpu")
    trained_ids = unpack_ids(model.metadata.provenance["trained_token_ids"], model.metadata.n_vocab)
    tokenizer = get_tokenizer("gpt2")
    seen = {token for text in TEXTS for token in tokenizer.encode(text).token_ids.tolist()}
    assert set(trained_ids.tolist()) == seen | {50_256}
    is_trained = np.isin(np.arange(50_257), trained_ids)
    began = began_as(50_257, 8, Settings().seed)
    np.testing.assert_array_equal(model.table[~is_trained], began[~is_trained])
    assert (model.table[is_trained] != began[is_trained]).any(axis=1).all()


def began_as(n_vocab, d_model, seed):
    """Draw GPT-2's initial rows, normal with standard deviation 0.02, with torch's own generator alone."""
    drawn = torch.empty(n_vocab, d_model).normal_(generator=torch.Generator().manual_seed(seed))
    return (drawn * 0.02).numpy().astype(np.float16).astype(np.float32)


def test_a_full_table_has_each_trained_row_at_its_id_and_a_drawn_one_elsewhere():
    """The numbers of seed 123 are written down, because the unseen rows of the committed model are of this draw."""
    rows = np.arange(16, dtype=np.float32).reshape(2, 8)
    table = train.full_table(rows, np.array([4, 1]), 6, 123)
    assert table.dtype == np.float16
    np.testing.assert_array_equal(table[[4, 1]], rows)
    np.testing.assert_array_equal(table[[0, 2, 3, 5]], began_as(6, 8, 123)[[0, 2, 3, 5]])
    np.testing.assert_allclose(table[0, :3], GOLDEN, rtol=2**-11, atol=0)
    assert not np.array_equal(train.full_table(rows, np.array([4, 1]), 6, 124)[0], table[0])


def test_the_last_snapshot_holds_the_rows_of_the_file(files):
    model = open_model(files[0], provider="cpu")
    with np.load(files[0].with_name("tiny.snapshots.npz")) as snapshots:
        np.testing.assert_array_equal(snapshots["steps"], [0, 1, 2, 3])
        assert snapshots["losses"].shape == (4,)
        np.testing.assert_array_equal(snapshots["rows"][-1], model.table[snapshots["token_ids"]])


def test_an_interrupt_writes_nothing_and_says_so(folder, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("export.trainer._progress", interrupted)  # in the midst of training
    output = folder / "interrupted" / "model.onnx"
    with pytest.raises(SystemExit) as stop:
        main(["train", *TINY, "-o", str(output), "--snapshots", str(output.with_suffix(".npz"))])
    assert stop.value.code == 130
    assert f"stopped; {output} was not written" in capsys.readouterr().err
    assert not output.parent.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--steps 0", "--steps is 0, but must be 1 or more"),
        ("--layers -1", "--layers is -1, but must be 1 or more"),
        ("--heads 0", "--heads is 0, but must be 1 or more"),
        ("--heads 5", "--d-model 8 does not divide into 5 --heads"),
        ("--context-length 0", "--context-length is 0, but must be 1 or more"),
        ("--context-length 100000", "tokens, but one window needs 100,001"),
        ("--corpus-limit 0", "--corpus-limit is 0, but must be 1 or more"),
        ("--learning-rate 0", "--learning-rate is 0.0, but must be above 0 and finite"),
        ("--learning-rate nan", "--learning-rate is nan, but must be above 0 and finite"),
        ("--dropout 1", "--dropout is 1.0, but must be at least 0 and below 1"),
        ("--seed -1", "--seed is -1, but must be from 0"),
        ("-o .", "cannot be written"),
        ("--snapshots pyproject.toml/x.npz", "cannot be written"),
    ],
)
def test_a_setting_out_of_range_is_refused_before_training(folder, arguments, message, capsys):
    output = folder / "refused.onnx"
    assert main(["train", *TINY, "-o", str(output), *arguments.split()]) == 1
    assert message in capsys.readouterr().err
    assert not output.exists()
