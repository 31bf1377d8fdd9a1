"""A vocabulary's vectors at two stages: as the table has them, and as block 1 gets them at the first position."""

import numpy as np
import pytest

from embedcore.errors import ShapeError
from embedcore.model import stages
from embedcore.model.stages import STAGES, stage_vectors


@pytest.mark.parametrize("name", ["toy", "pydoc", "untrained"])
def test_token_vectors_are_the_table(name, request):
    model = request.getfixturevalue(name)
    np.testing.assert_array_equal(stage_vectors(model, "token vectors"), model.table)


@pytest.mark.parametrize("name", ["toy", "pydoc", "untrained"])
def test_sums_are_what_the_model_gives_for_each_token_alone(name, request):
    model = request.getfixturevalue(name)
    vectors = stage_vectors(model, "sums at position 0")
    assert vectors.shape == model.table.shape
    assert vectors.dtype == np.float32
    last = model.metadata.n_vocab - 1
    for token_id in {0, 1, 5, min(8191, last), min(8192, last), last}:  # both sides of a block's end
        np.testing.assert_array_equal(vectors[token_id], model.run([token_id]).input_embeddings[0, 0])


def test_sums_of_a_learned_table_are_rows_plus_the_first_position(pydoc):
    vectors = stage_vectors(pydoc, "sums at position 0")
    first = pydoc.run([0]).position_embeddings[0]
    np.testing.assert_allclose(vectors, pydoc.table.astype(np.float64) + first, rtol=1e-6, atol=1e-6)


def test_blocks_change_no_bit(toy, monkeypatch):
    whole = stage_vectors(toy, "sums at position 0")
    monkeypatch.setattr(stages, "_IDS_AT_ONCE", 4)
    np.testing.assert_array_equal(stage_vectors(toy, "sums at position 0"), whole)


def test_an_unknown_stage_is_named_with_the_known(toy):
    assert STAGES == ("token vectors", "sums at position 0")
    with pytest.raises(ShapeError, match="no stage 'logits': choose token vectors or sums at position 0"):
        stage_vectors(toy, "logits")
