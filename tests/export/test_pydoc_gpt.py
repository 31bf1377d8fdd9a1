"""The trained model that comes with the repository: what it claims of itself, and that it shows meaning."""

import hashlib
import platform
import re
from dataclasses import asdict

import numpy as np
import pytest

from embedcore.model.catalog import MODELS_FOLDER
from embedcore.model.id_sets import unpack_ids
from embedcore.model.open import open_model
from export import corpus
from export.train import full_table
from export.trainer import Settings
from export.verify import verify

FILE = MODELS_FOLDER / "pydoc-gpt.onnx"


@pytest.fixture(scope="module")
def model():
    return open_model(FILE, provider="cpu")


@pytest.fixture(scope="module")
def trained_ids(model):
    return unpack_ids(model.metadata.provenance["trained_token_ids"], model.metadata.n_vocab)


def nearest(model, trained_ids, token, k):
    """Return the k trained tokens nearest to `token` by cosine, itself left out."""
    rows = model.table[trained_ids].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    query = int(np.searchsorted(trained_ids, model.tokenizer.ranks[token.encode()]))
    order = np.argsort(-rows @ rows[query], kind="stable")
    return [model.tokenizer.token_bytes(int(trained_ids[index])).decode() for index in order[1 : k + 1]]


@pytest.mark.parametrize(
    ("token", "neighbor"),
    [
        (" list", " tuple"),
        ("1", "2"),
        (" string", " bytes"),
        (" and", " or"),
        (" is", " are"),
        (" True", " False"),
        (" bytes", " string"),
        (" read", " write"),
        (" class", " function"),
        (" first", " second"),
    ],
)
def test_tokens_of_like_use_are_near_each_other(model, trained_ids, token, neighbor):
    assert neighbor in nearest(model, trained_ids, token, 10)


def test_positions_next_to_each_other_are_alike(model):
    positions = model.run(np.zeros(model.metadata.context_length, np.int64)).position_embeddings
    positions = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    similarity = positions @ positions.T
    assert np.diagonal(similarity, 1)[4:].mean() > 0.9
    assert np.diagonal(similarity, 1)[4:].mean() > np.diagonal(similarity, 64).mean() + 0.2


def test_rows_that_training_never_saw_are_as_they_began(model, trained_ids):
    settings = Settings()
    began = full_table(np.zeros((0, settings.d_model), np.float32), np.array([], np.int64), 50_257, settings.seed)
    untouched = np.setdiff1d(np.arange(50_257), trained_ids)
    assert len(untouched) > 30_000
    # Another processor's logarithm may round a float32 the other way, and so one float16 in thousands: 2**-11 of it.
    np.testing.assert_allclose(model.table[untouched], began[untouched].astype(np.float32), rtol=2**-10, atol=2**-24)


def test_the_committed_file_passes_verify_and_is_small():
    assert [check for check in verify(FILE) if not check.is_met] == []
    assert FILE.stat().st_size <= 8_000_000


def test_the_default_settings_made_the_file(model):
    provenance = model.metadata.provenance
    assert {name: provenance[name] for name in asdict(Settings())} == asdict(Settings())


def test_the_corpus_is_the_one_that_its_python_has(model):
    provenance = model.metadata.provenance
    if provenance["python"] != platform.python_version():
        pytest.skip(f"trained on the text of Python {provenance['python']}, this is {platform.python_version()}")
    documents = corpus.documents()
    assert len(documents) == provenance["corpus_documents"]
    assert hashlib.sha256("\0".join(documents).encode()).hexdigest() == provenance["corpus_sha256"]


def test_its_page_for_people_says_what_the_file_says(model, trained_ids):
    page = FILE.with_suffix(".md").read_text(encoding="utf-8")
    provenance = model.metadata.provenance
    facts = dict(re.findall(r"^\| ([^|`]+?) \| ([^|]+?) \|$", page, re.MULTILINE))
    assert facts["file sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert facts["weights sha256"] == model.metadata.weights_sha256
    assert facts["corpus sha256"] == provenance["corpus_sha256"]
    assert facts["corpus"].startswith(f"{provenance['corpus_documents']:,} documents")
    assert facts["tokens to train on"] == f"{provenance['corpus_tokens']:,}, of {len(trained_ids):,} distinct"
    assert facts["made with"].startswith(f"Python {provenance['python']}, torch {provenance['torch']}, ")
    assert facts["steps"].startswith(f"{provenance['steps']:,} of {provenance['batch_size']} windows")
    assert facts["train loss"].startswith(str(provenance["train_loss"]))
    assert facts["held-out loss"].startswith(str(provenance["validation_loss"]))
    samples = re.findall(r"^\| `([^|]+?)` \| `([^|]+)` \|$", page, re.MULTILINE)
    assert len(samples) >= 10
    for token, neighbors in samples:
        listed = neighbors.split("` `")
        assert listed == nearest(model, trained_ids, token, len(listed))
