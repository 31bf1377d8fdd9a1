"""Token ids are read as people write and paste them, or the piece that is none is named."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import embedcore
from embedcore.errors import UnknownTokenId
from embedcore.tokens.labels import quoted
from embedcore.tokens.written_ids import read_ids, text_of_ids


@pytest.mark.parametrize(
    "written",
    ["2, 3, 5, 1", "2 3 5 1", "2,3,5,1", "2;3;5;1", "2, 3 5;1", "[2, 3, 5, 1]", "(2, 3, 5, 1,)", "[2 3\n 5 1]", "[[2, 3, 5, 1]]", "tensor([2, 3, 5, 1])",
     "tensor([[2, 3, 5, 1]])", "torch.tensor([2, 3, 5, 1])", "tensor([2, 3, 5, 1], device='cuda:0', dtype=torch.int32)", "tensor([2, 3, 5, 1],\n       device='cuda:0')",
     "array([2 3 5 1])", "array([2, 3, 5, 1], dtype=int64)", "np.array([2,3,5,1])", "Array([2, 3, 5, 1], dtype=int32)", "tf.Tensor([2 3 5 1], shape=(4,), dtype=int32)",
     "[tensor(2), tensor(3), tensor(5), tensor(1)]", "2\u00a03\u20095\u30001", "2\r\n3\r\n5\r\n1\r\n", "\ufeff2, 3, 5, 1", "2\t3\n\n5   1", "  2, 3, 5, 1  ", "[2, 3, 5, 1"],
)  # fmt: skip
def test_what_people_paste_is_read(written):
    assert read_ids(written) == [2, 3, 5, 1]


@pytest.mark.parametrize("written", ["", " ", "\n", "[]", "[[]]", "()", "tensor([])", "tensor([], dtype=torch.int64)", "array([], dtype=int64)", "\u00a0", ","])  # fmt: skip
def test_nothing_is_no_id(written):
    assert read_ids(written) == []


@given(st.lists(st.integers(0, 200_018), max_size=40))
def test_what_programs_print_comes_back(ids):
    array = np.array(ids, dtype=np.int64)
    with np.printoptions(threshold=10**6):
        printed = [str(ids), str(tuple(ids)), repr(array), str(array), repr(array[None]), repr(array.astype(np.int32))]
    printed += [repr(torch.tensor(ids)), repr(torch.tensor([ids])), ", ".join(map(str, ids)), "\n".join(map(str, ids))]
    printed += [
        str([torch.tensor(token_id) for token_id in ids]),
        ";".join(map(str, ids)),
        f"[{','.join(map(str, ids))}]",
    ]
    for written in printed:
        assert read_ids(written) == ids, written


@pytest.mark.parametrize(
    ("written", "piece", "at"),
    [("1_000", "1_000", 0), ("7, 1.0", "1.0", 3), ("7 1e3", "1e3", 2), ("7\n٣", "٣", 2), ("0x10", "0x10", 0), ("[1, two]", "two", 4), ("3, True", "True", 3),
     ("7, 1-3", "1-3", 3), ("１", "１", 0), ("007", "007", 0), ("[1,000]", "000", 3), ("5,1,000", "000", 4), ("1\u202f000", "000", 2), ("1.", "1.", 0), ("1'000", "1'000", 0),
     ("9" * 30, "9" * 24 + "…", 0), ("\u00a0x", "x", 1), ("2, −1", "−1", 3)],
)  # fmt: skip
def test_what_is_no_id_is_named_with_its_place(written, piece, at):
    with pytest.raises(UnknownTokenId) as caught:
        read_ids(written)
    assert f"{quoted(piece)} is no token id, at character {at}:" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("1,000", "'1,000' at character 0 is no token id: write a number without commas"),
        ("7, 50,000, 3", "'50,000' at character 3 is no token id"),
        ("50,256", "'50,256' at character 0 may be one number or 2 token ids: .* or write \\[50, 256\\] if it is 2"),
        ("464,262,318", "may be one number or 3 token ids: .* or write \\[464, 262, …\\] if it is 3"),
        ("1 2 ... 9", "'...' at character 4 is no token id, it stands for ids that were left out"),
        ("[1, 2, …, 9]", "'…' at character 7"),
        ("[[1, 2], [3, 4]]", "there are 2 rows of token ids, and one text is one row: keep one row"),
        ("tensor([[1, 2],\n        [3, 4],\n        [5, 6]])", "there are 3 rows"),
        ("[1, 2]\n[3]", "there are 2 rows"),
    ],
)
def test_what_may_mean_two_things_is_never_read_in_silence(written, words):
    with pytest.raises(UnknownTokenId, match=words):
        read_ids(written)


@pytest.mark.parametrize("ids", [[464, 262, 318, 1000], [15496, 11, 995], [50, 25], [1, 1000]])
def test_commas_alone_part_ids_where_no_number_is_written_so(ids):
    assert read_ids(",".join(map(str, ids))) == ids


@given(st.text(st.sampled_from("0123456789,;[]() \n.-+_ex'\"tensorarraydtype=…\u00a0"), max_size=40))
def test_anything_is_read_or_told(written):
    try:
        read = read_ids(written)
    except UnknownTokenId:
        return
    assert all(isinstance(number, int) for number in read)


@pytest.mark.parametrize(
    ("ids", "text", "comes_back"),
    [
        ([464, 3797], "The cat", True),
        ([447], None, False),  # the first two bytes of a dash
        ([16, 16], "11", False),  # which gpt2 writes as one token
        ([447, 247], "’", True),
        ([50256], "<|endoftext|>", False),  # as text it is cut up
        ([], "", True),
    ],
)
def test_what_ids_stand_for(ids, text, comes_back):
    tokenizer = embedcore.get_tokenizer("gpt2")
    read = text_of_ids(tokenizer, tokenizer.tokenization(ids))
    assert (read.text, read.comes_back) == (text, comes_back)
