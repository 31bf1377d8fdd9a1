import numpy as np
import pytest

from embedcore.errors import ShapeError, UnknownTokenId
from embedcore.space.two_tables import compare_tables


def cosine_order(table, token_id):
    lengths = [float(np.sqrt(sum(float(x) ** 2 for x in row))) for row in table]
    scores = [
        sum(float(a) * float(b) for a, b in zip(row, table[token_id], strict=True)) / (length * lengths[token_id])
        for row, length in zip(table, lengths, strict=True)
    ]
    return [other for other in sorted(range(len(table)), key=lambda i: (-scores[i], i)) if other != token_id]


def test_each_table_is_asked_by_its_own_row():
    rng = np.random.default_rng(3)
    left, right = rng.normal(size=(2, 40, 5)).astype(np.float32)
    comparison = compare_tables(left, right, 7, k=9)
    expected = [cosine_order(table, 7)[:9] for table in (left, right)]
    assert [comparison.input.token_ids[0].tolist(), comparison.output.token_ids[0].tolist()] == expected
    assert comparison.shared_ids.tolist() == sorted(set(expected[0]) & set(expected[1]))
    a, b = left[7].astype(float), right[7].astype(float)
    assert comparison.cosine == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)), abs=1e-12)


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_each_table_is_asked_by_the_metric(metric):
    """The tables differ, and so do the three orders: rows of many lengths."""
    rng = np.random.default_rng(4)
    tables = rng.normal(size=(2, 40, 5)) * rng.uniform(0.1, 9, size=(2, 40, 1))
    comparison = compare_tables(*tables, 7, k=9, metric=metric)
    for answer, table in zip((comparison.input, comparison.output), tables, strict=True):
        scores = table @ table[7] if metric == "dot" else np.linalg.norm(table - table[7], axis=1)
        order = [other for other in np.argsort(-scores if metric == "dot" else scores).tolist() if other != 7][:9]
        assert answer.token_ids[0].tolist() == order != cosine_order(table, 7)[:9]
        np.testing.assert_allclose(answer.scores[0], scores[order], rtol=1e-12, atol=1e-12)


def test_tied_tables_share_every_neighbor(pydoc):
    comparison = compare_tables(pydoc.table, pydoc.table, 1351, k=20, metric="euclidean")
    assert sorted(comparison.shared_ids.tolist()) == sorted(comparison.input.token_ids[0].tolist())
    assert comparison.cosine == pytest.approx(1.0, abs=1e-12)
    assert 1351 not in comparison.shared_ids


def test_tables_of_two_shapes_and_unknown_ids_are_named():
    with pytest.raises(ShapeError, match=r"\[3, 2\], the output table \[4, 2\]"):
        compare_tables(np.ones((3, 2)), np.ones((4, 2)), 0, k=1)
    for token_id in (-1, 3):
        with pytest.raises(UnknownTokenId, match=rf"token id {token_id} is outside 0…2"):
            compare_tables(np.eye(3), np.eye(3), token_id, k=1)
