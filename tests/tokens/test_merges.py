from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import UnknownTokenId
from embedcore.tokens.merges import merge_steps


def slow_twin(ranks, token):
    """Encode by the definition of byte-pair encoding: look at every pair, merge the one of the lowest rank, again and again."""
    parts, merged = [bytes([byte]) for byte in token], []
    while len(parts) > 1:
        best = None
        for index in range(len(parts) - 1):
            pair = parts[index] + parts[index + 1]
            if pair in ranks and (best is None or ranks[pair] < best[0]):
                best = (ranks[pair], index)
        parts = [*parts[: best[1]], parts[best[1]] + parts[best[1] + 1], *parts[best[1] + 2 :]]
        merged.append((parts[best[1]], tuple(parts)))
    return merged


@settings(deadline=None)
@given(st.sampled_from(["gpt2", "cl100k_base", "o200k_base"]), st.integers(0, 100_255))
def test_merges_equal_the_slow_twin(name, token_id):
    tokenizer = embedcore.get_tokenizer(name)
    token_id %= len(tokenizer.ranks)
    token = tokenizer.token_bytes(token_id)
    steps = merge_steps(tokenizer, token_id)
    assert [(step.merged, step.parts) for step in steps] == slow_twin(tokenizer.ranks, token)
    assert [step.rank for step in steps] == [tokenizer.ranks[step.merged] for step in steps]
    if len(token) > 1:
        assert steps[-1].parts == (token,)


def test_of_equal_pairs_the_first_is_merged_first():
    gpt2 = embedcore.get_tokenizer("gpt2")
    steps = merge_steps(gpt2, gpt2.ranks[b"...."])
    assert [step.parts for step in steps] == [(b"..", b".", b"."), (b"..", b".."), (b"....",)]
    repeated = [token for token in gpt2.ranks if len(set(pairwise(token))) < len(token) - 1]  # a pair stands twice
    assert len(repeated) > 1_000
    for token in repeated[::20]:
        steps = merge_steps(gpt2, gpt2.ranks[token])
        assert [(step.merged, step.parts) for step in steps] == slow_twin(gpt2.ranks, token)


def test_the_example_of_the_docstring():
    steps = merge_steps(embedcore.get_tokenizer("gpt2"), 262)
    assert [(step.merged, step.rank) for step in steps] == [(b" t", 256), (b"he", 258), (b" the", 262)]


@pytest.mark.parametrize(("name", "token_id"), [("gpt2", 0), ("gpt2", 50256), ("cl100k_base", 100256), ("toy", 2)])
def test_what_needs_no_merge(name, token_id):
    assert merge_steps(embedcore.get_tokenizer(name), token_id) == ()


def test_an_id_outside_is_named():
    with pytest.raises(UnknownTokenId, match="50257 is outside 0…50256"):
        merge_steps(embedcore.get_tokenizer("gpt2"), 50257)
