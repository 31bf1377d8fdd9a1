"""Whatever takes token ids takes the same kinds of them, and refuses the same kinds."""

import array

import numpy as np
import pytest
import torch

import embedcore
from embedcore.audit.indicators import audit
from embedcore.checks.token_ids import as_id
from embedcore.errors import ShapeError, UnknownTokenId
from embedcore.tokens.merges import merge_steps

IDS = [2, 3, 5, 1]

KINDS = {
    "list": list(IDS),
    "tuple": tuple(IDS),
    "list of numpy's numbers": [np.int32(each) for each in IDS],
    "list of tensors": [torch.tensor(each) for each in IDS],
    "list of arrays without axes": [np.array(each) for each in IDS],
    "int64": np.array(IDS),
    "uint16": np.array(IDS, np.uint16),
    "not in a row": np.array(IDS * 2).reshape(2, 4).T[:, 0],
    "objects": np.array(IDS, object),
    "read only": np.frombuffer(np.array(IDS).tobytes(), np.int64),
    "tensor": torch.tensor(IDS),
    "small tensor": torch.tensor(IDS, dtype=torch.uint8),
    "array of the library": array.array("q", IDS),
}


def takers(model):
    """Return every function that takes a row of ids, by name; each returns the ids as it took them."""
    tokenizer = model.tokenizer
    return {
        "decode_bytes": lambda ids: tokenizer.encode(tokenizer.decode_bytes(ids).decode()).token_ids,
        "tokenization": lambda ids: tokenizer.tokenization(ids).token_ids,
        "run": lambda ids: model.run(ids).token_ids[0],
        "windows": lambda ids: next(embedcore.windows(ids, max_length=3, stride=1, batch_size=1)).inputs[0],
        "unused": lambda ids: audit(model.table, unused=ids).unused,
    }


TAKERS = ("decode_bytes", "tokenization", "run", "windows", "unused")


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_ids_is_taken(name, kind, toy):
    take = takers(toy)[name]
    taken = take(KINDS[kind])
    np.testing.assert_array_equal(taken, take(np.array(IDS)))
    assert taken.dtype == np.int64


REFUSED = {
    "bytes": b"\x02\x03",
    "bytearray": bytearray(b"\x02\x03"),
    "text": "23",
    "a float": [2, 3.0],
    "floats": np.array([2.0, 3.0]),
    "a float tensor": torch.tensor([2.0, 3.0]),
    "a truth": [2, True],
    "numpy's truth": [2, np.True_],
    "truths": np.array([True, False]),
    "a truth tensor": [2, torch.tensor(True)],
    "None": [2, None],
    "a text in a list": [2, "3"],
    "NaN": [2, float("nan")],
    "a set": {2, 3},
    "a dictionary": {2: 3},
    "negative": [2, -1],
    "far too large": [2, 10**30],
    "negative and far": [2, -(10**30)],
    "unsigned": np.array([2, 2**64 - 1], np.uint64),
}


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_id_is_refused_by_all(name, kind, toy):
    # The ids of rows to compare with are part of a table: one outside it is a matter of shape.
    error = (UnknownTokenId, ShapeError) if name == "unused" else UnknownTokenId
    with pytest.raises(error, match=r"whole number|outside 0…|order|0…\d+"):
        takers(toy)[name](REFUSED[kind])


@pytest.mark.parametrize("name", ["decode_bytes", "tokenization", "windows"])
@pytest.mark.parametrize(
    "ids", [np.array([IDS, IDS]), torch.tensor([IDS, IDS]), [IDS, IDS], [torch.tensor(IDS)] * 2, np.zeros((1, 0), int)]
)
def test_two_dimensions_are_asked_for_one_row_at_a_time(name, ids, toy):
    with pytest.raises(ShapeError, match=r"shape \[\d, \d\].*one row at a time"):
        takers(toy)[name](ids)


@pytest.mark.parametrize("ids", [np.array(5), torch.tensor(5)])
def test_one_id_alone_is_asked_into_a_list(ids, toy):
    for name in ("decode_bytes", "tokenization", "windows", "run"):
        with pytest.raises(ShapeError, match=r"shape \[\]"):
            takers(toy)[name](ids)


def test_a_batch_is_run_as_arrays_tensors_and_lists_and_its_rows_decode(toy):
    batch = next(embedcore.windows(range(6), max_length=2, stride=2, batch_size=2))
    expected = toy.run(batch.inputs).token_embeddings
    for ids in (
        batch.inputs.tolist(),
        torch.from_numpy(batch.inputs),
        list(batch.inputs),
        list(torch.tensor(batch.inputs)),
    ):
        np.testing.assert_array_equal(toy.run(ids).token_embeddings, expected)
    assert toy.tokenizer.decode_bytes(batch.inputs[0]) == b" brown dog"
    assert toy.tokenizer.decode_bytes(torch.tensor(batch.inputs)[0]) == b" brown dog"


def test_no_ids_are_no_bytes(toy):
    for nothing in ([], (), np.zeros(0), np.zeros(0, np.int64), torch.zeros(0), iter(())):
        assert toy.tokenizer.decode_bytes(nothing) == b""
    with pytest.raises(ShapeError, match=r"shape \[0\]"):
        toy.run(torch.zeros(0))


@pytest.mark.parametrize("token_id", [np.int64(3), torch.tensor(3), np.array(3), np.uint8(3)])
def test_one_id_is_any_whole_number(token_id, toy):
    assert as_id(token_id) == 3
    assert toy.tokenizer.token_bytes(token_id) == b" jumps"
    assert merge_steps(embedcore.get_tokenizer("gpt2"), token_id) == ()


@pytest.mark.parametrize(
    "token_id", [True, np.True_, torch.tensor(True), 3.0, np.float32(3), "3", None, [3], np.array([3])]
)
def test_one_id_is_nothing_else(token_id, toy):
    for ask in (as_id, toy.tokenizer.token_bytes):
        with pytest.raises(UnknownTokenId, match="is no whole number"):
            ask(token_id)


def test_the_callers_array_is_neither_kept_nor_frozen(toy):
    ids = np.array(IDS)
    cut = toy.tokenizer.tokenization(ids)
    ids[0] = 0
    assert cut.token_ids.tolist() == IDS
