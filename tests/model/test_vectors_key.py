"""One key for one set of vectors, and another for any other."""

import numpy as np
import pytest

import embedcore
from embedcore.model.stages import STAGES
from embedcore.model.vectors_key import VectorsKey, read_vectors, table_key, vectors_key


def test_equal_vectors_have_one_key_wherever_the_model_runs_and_others_another(toy, pydoc):
    again = embedcore.open_model("toy", provider="auto")
    assert table_key(toy) == table_key(again) == vectors_key(toy, STAGES[0]) == VectorsKey(toy.sha256, "token vectors")
    assert vectors_key(toy, STAGES[0], np.array([4, 1])) == vectors_key(again, STAGES[0], np.array([1, 4]))
    keys = [
        table_key(toy),
        table_key(pydoc),
        vectors_key(toy, STAGES[1]),
        vectors_key(toy, STAGES[0], np.array([1, 4])),
        vectors_key(toy, STAGES[0], np.array([1, 5])),
        vectors_key(toy, STAGES[1], np.array([1, 4])),
        vectors_key(toy, STAGES[0], np.arange(6)),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_cannot_be_changed(toy):
    with pytest.raises(AttributeError):
        table_key(toy).stage = STAGES[1]


@pytest.mark.parametrize("ids", [None, [0], [5, 2]])
def test_the_key_names_the_vectors_that_are_read(toy, ids):
    chosen = slice(None) if ids is None else sorted(ids)
    token_ids = None if ids is None else np.array(ids)
    given = read_vectors(vectors_key(toy, STAGES[0], token_ids), toy)
    np.testing.assert_array_equal(given, toy.table[chosen])
    given = read_vectors(vectors_key(toy, STAGES[1], token_ids), toy)
    np.testing.assert_allclose(given, (toy.table + toy.positions[0])[chosen], rtol=1e-6, atol=1e-6)
