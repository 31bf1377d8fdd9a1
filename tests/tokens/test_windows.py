import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import ShapeError, UnknownTokenId
from embedcore.tokens.windows import batches


class Dataset(torch.utils.data.Dataset):
    """The data set of the book's second chapter, written again from its description."""

    def __init__(self, ids, max_length, stride):
        self.pairs = [
            (torch.tensor(ids[i : i + max_length]), torch.tensor(ids[i + 1 : i + max_length + 1]))
            for i in range(0, len(ids) - max_length, stride)
        ]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(2, 60),
    max_length=st.integers(1, 12),
    stride=st.integers(1, 15),
    batch_size=st.integers(1, 9),
    drop_last=st.booleans(),
)
def test_windows_equal_torchs_loader(n, max_length, stride, batch_size, drop_last):
    ids = [7 * i % 101 for i in range(max(n, max_length + 1))]
    loader = torch.utils.data.DataLoader(Dataset(ids, max_length, stride), batch_size=batch_size, drop_last=drop_last)
    ours = list(
        embedcore.windows(ids, max_length=max_length, stride=stride, batch_size=batch_size, drop_last=drop_last)
    )
    theirs = [(inputs.numpy(), targets.numpy()) for inputs, targets in loader]
    assert len(ours) == len(theirs)
    for batch, (inputs, targets) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(batch.inputs, inputs)
        np.testing.assert_array_equal(batch.targets, targets)
        assert batch.inputs.dtype == np.int64
        np.testing.assert_array_equal([ids[start] for start in batch.starts], inputs[:, 0])


def test_the_shapes_of_the_chapter(untrained):
    text = "In the heart of the city stood the old library, a relic from a bygone era. " * 4
    ids = untrained.tokenizer.encode(text).token_ids
    batch = next(embedcore.windows(ids, max_length=4, stride=4, batch_size=8))
    layer = untrained.run(batch.inputs)
    assert batch.inputs.shape == batch.targets.shape == (8, 4)
    assert layer.token_embeddings.shape == layer.input_embeddings.shape == (8, 4, 256)
    assert layer.position_embeddings.shape == (4, 256)
    np.testing.assert_array_equal(layer.input_embeddings, layer.token_embeddings + layer.position_embeddings)


def test_shuffle_keeps_every_window_and_repeats_by_seed():
    options = {"max_length": 3, "stride": 1, "batch_size": 4, "drop_last": False}
    plain, one, again, other = (
        np.concatenate([batch.inputs for batch in embedcore.windows(range(40), **options, **extra)])
        for extra in ({}, {"shuffle": True, "seed": 1}, {"shuffle": True, "seed": 1}, {"shuffle": True, "seed": 2})
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one[one[:, 0].argsort()], plain)


@pytest.mark.parametrize(
    ("n", "options", "words"),
    [
        (4, {}, "4 tokens.*need 5"),
        (0, {}, "0 tokens"),
        (9, {"max_length": 0}, "max_length is 0"),
        (9, {"stride": 0}, "stride is 0"),
        (9, {"stride": -2}, "stride is -2"),
        (9, {"batch_size": 0}, "batch_size is 0"),
        (9, {"batch_size": True}, "batch_size is True"),
        (9, {"seed": -1}, "seed is -1, .* 0 or more"),
    ],
)
def test_bad_numbers_are_named_at_the_call(n, options, words):
    with pytest.raises(ShapeError, match=words):
        embedcore.windows(range(n), **({"max_length": 4, "stride": 4, "batch_size": 2} | options))


def test_a_matrix_of_ids_is_refused():
    with pytest.raises(ShapeError, match="one row"):
        embedcore.windows(np.zeros((2, 9), np.int64), max_length=2, stride=1, batch_size=1)


@pytest.mark.parametrize("token_ids", [5, None, [[1, 2], [3]]])
def test_what_is_no_row_is_refused(token_ids):
    with pytest.raises(ShapeError, match="one row"):
        embedcore.windows(token_ids, max_length=1, stride=1, batch_size=1)


@pytest.mark.parametrize(
    ("token_ids", "words"),
    [
        ([1.5, 2.7, 3.9], "1.5 is no whole number"),  # numpy alone would make these 1, 2, 3
        ([True, False], "True is no whole number"),
        ("123", "whole numbers"),
        ([10**30] * 3, "at most 64 bits"),
        (np.full(3, 2**64 - 1, np.uint64), "18446744073709551615"),  # numpy alone would make these -1
        ([3, -1, 4], "-1…4"),
    ],
)
def test_bad_ids_are_named_never_rounded_or_wrapped(token_ids, words):
    with pytest.raises(UnknownTokenId, match=words):
        embedcore.windows(token_ids, max_length=1, stride=1, batch_size=1)


@settings(deadline=None, max_examples=80)
@given(
    n=st.integers(2, 60),
    max_length=st.integers(1, 12),
    stride=st.integers(1, 15),
    batch_size=st.integers(1, 9),
    drop_last=st.booleans(),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_counts_follow_from_the_lengths_and_one_batch_is_that_of_the_generator(n, seed, **options):
    ids = [7 * i % 101 for i in range(max(n, options["max_length"] + 1))]
    options = {**options, "seed": seed}
    counted, every = batches(ids, **options), list(embedcore.windows(ids, **options))
    kept = [start for batch in every for start in batch.starts.tolist()]
    used = {start + place for start in kept for place in range(options["max_length"] + 1)}
    n_windows = len(range(0, len(ids) - options["max_length"], options["stride"]))
    assert (len(counted), counted.n_windows, counted.n_kept) == (len(every), n_windows, len(kept))
    assert counted.n_unused == len(ids) - len(used)
    assert sorted(kept) == sorted(set(kept))
    for index, batch in enumerate(every):
        one = counted[index]
        np.testing.assert_array_equal(one.starts, batch.starts)
        np.testing.assert_array_equal(
            one.inputs, [ids[start : start + options["max_length"]] for start in batch.starts]
        )
        np.testing.assert_array_equal(
            one.targets, [ids[start + 1 :][: options["max_length"]] for start in batch.starts]
        )
    with pytest.raises(IndexError, match=f"no batch {len(every)}; there are {len(every)}"):
        counted[len(every)]


def test_shuffled_batches_are_those_that_they_always_were():
    """Links hold a seed: the batches that it gives are golden (numpy's default_rng(123).permutation)."""
    shuffled = batches(range(40), max_length=4, stride=4, batch_size=4, shuffle=True, seed=123)
    assert shuffled[0].starts.tolist() == (4 * np.random.default_rng(123).permutation(9))[:4].tolist()
    assert shuffled[0].starts.tolist() == [28, 16, 0, 8]


def test_no_batch_is_built_before_it_is_asked_for():
    ids = np.arange(100_000)
    tracemalloc.start()
    lazy = batches(ids, max_length=1024, stride=1, batch_size=8)
    counted = len(lazy), lazy.n_windows, lazy.n_unused
    batch = lazy[len(lazy) - 1]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == (12_372, 98_976, 0)
    assert batch.starts.tolist() == list(range(98_968, 98_976))
    assert most < 10_000_000  # every batch at once would take 1.6 GB
