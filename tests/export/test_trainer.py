"""Training: its batches, what a step does, and that the same settings give the same tables bit for bit."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from embedcore.errors import ShapeError
from embedcore.nn.gpt import GPT
from export.trainer import Settings, _optimizer, _validate, learning_rate, prepare, train

SEPARATOR = 99
TINY = Settings(steps=12, n_layers=1, n_heads=2, d_model=8, context_length=8, batch_size=4, threads=1)


@pytest.fixture(autouse=True)
def _torch_is_left_as_it_was():
    n_threads = torch.get_num_threads()
    yield
    torch.set_num_threads(n_threads)
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture
def documents():
    """Return 60 documents that count upwards around a circle of 20 tokens from any start, which is easy to learn."""
    rng = np.random.default_rng(0)
    return [(np.arange(10) + start) % 20 * 3 for start in rng.integers(0, 20, 60)]


@pytest.fixture
def corpus(documents):
    return prepare(documents, SEPARATOR, TINY)


def silent(_line):
    return None


def test_documents_are_joined_with_a_separator_after_each(documents, corpus):
    kept = [document for index, document in enumerate(documents) if index != 49]
    stream = [token for document in kept for token in (*document, SEPARATOR)]
    np.testing.assert_array_equal(corpus.token_ids[corpus.ids.numpy()], stream)
    np.testing.assert_array_equal(corpus.token_ids[corpus.validation.numpy()], [*documents[49], SEPARATOR])
    np.testing.assert_array_equal(corpus.token_ids, [*range(0, 60, 3), SEPARATOR])


def test_a_document_with_a_token_of_its_own_is_not_held_out(documents):
    documents[49] = np.array([7, 0, 3])
    corpus = prepare(documents, SEPARATOR, TINY)
    assert len(corpus.validation) == 0
    assert 7 in corpus.token_ids
    assert len(corpus.ids) == 59 * 11 + 4


@pytest.mark.parametrize("documents", [[], [np.array([1, 2, 3, 4, 5, 6, 7])]])
def test_too_little_text_is_refused_with_both_numbers(documents):
    n_tokens = sum(len(document) + 1 for document in documents)
    with pytest.raises(ShapeError, match=rf"has {n_tokens} tokens, but one window needs 9"):
        prepare(documents, SEPARATOR, TINY)


def test_one_window_is_enough():
    trained = train(prepare([np.arange(8)], SEPARATOR, TINY), TINY, silent)
    assert trained.validation_loss is None
    assert np.isfinite(trained.rows).all()


def test_the_learning_rate_climbs_then_falls_along_a_cosine():
    settings = replace(TINY, steps=1100, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(1, 1101)]
    np.testing.assert_allclose(rates[:100], np.arange(1, 101) / 100)
    assert rates[599] == pytest.approx((1 + 0.05) / 2)  # half way down
    assert rates[-1] == pytest.approx(0.05)
    assert (np.diff(rates[99:]) < 0).all()


def test_the_same_settings_give_the_same_tables(corpus):
    first, second = train(corpus, TINY, silent), train(corpus, TINY, silent)
    np.testing.assert_array_equal(second.rows, first.rows)
    np.testing.assert_array_equal(second.positions, first.positions)
    assert second.train_loss == first.train_loss
    other = train(corpus, replace(TINY, seed=124), silent)
    assert not np.array_equal(other.rows, first.rows)


def test_the_loss_falls(corpus):
    """Every next token but a document's end is certain, so the loss falls far below ln 21 = 3.04, that of an even guess."""
    trained = train(corpus, replace(TINY, steps=500, learning_rate=1e-2, dropout=0.0), silent)
    assert trained.train_loss < 1.0
    assert trained.validation_loss is not None
    assert trained.validation_loss < 1.0


def test_snapshots_are_spaced_geometrically_from_the_first_row_to_the_last(corpus):
    settings = replace(TINY, steps=64)
    trained = train(corpus, settings, silent)
    steps = [snapshot.step for snapshot in trained.snapshots]
    assert steps[:3] == [0, 1, 2]
    assert steps[-1] == 64
    assert steps == sorted(set(steps))
    assert len(steps) <= 17
    assert trained.snapshots[0].loss == pytest.approx(math.log(21))
    assert trained.snapshots[0].rows.std() == pytest.approx(0.02, rel=0.2)
    np.testing.assert_array_equal(trained.snapshots[-1].rows, trained.rows.astype(np.float16))
    assert {snapshot.rows.dtype for snapshot in trained.snapshots} == {np.dtype(np.float16)}


def test_progress_tells_step_loss_speed_and_time_left(corpus):
    lines = []
    train(corpus, replace(TINY, steps=60), lines.append)
    assert [line.split("   ")[0] for line in lines] == ["step 50 of 60", "step 60 of 60"]
    assert lines[-1].endswith("0 min 00 s left")
    assert "tokens/s" in lines[-1]
    assert "loss " in lines[-1]


def tiny_gpt(dropout=0.0):
    torch.manual_seed(0)
    return GPT(n_vocab=21, d_model=8, context_length=8, n_layers=2, n_heads=2, dropout=dropout)


def test_weight_decay_shrinks_the_matrices_of_blocks_and_nothing_else():
    """Without a gradient, a step of AdamW only multiplies the weights that decay by 1 − rate · 0.1."""
    model, settings = tiny_gpt(), replace(TINY, learning_rate=0.5)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    _optimizer(model, settings).step()
    shrunk = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    matrices = ("qkv", "attention_out", "feed_forward_in", "feed_forward_out")
    assert shrunk == {f"blocks.{block}.{name}.weight" for block in (0, 1) for name in matrices}
    for name, weight in model.named_parameters():
        rate = 1 - 0.5 * 0.1 if name in shrunk else 1.0
        np.testing.assert_allclose(weight.detach().numpy(), before[name].numpy() * rate, rtol=1e-6, atol=0)


def test_the_held_out_loss_is_measured_without_dropout(corpus):
    """Dropout draws at random during training; the measured model is the one that training leaves."""
    ids = torch.cat([corpus.validation] * 4)
    plain, dropping = tiny_gpt(), tiny_gpt(dropout=0.5)
    assert dropping.training
    assert _validate(dropping, ids, TINY) == _validate(plain, ids, TINY)
