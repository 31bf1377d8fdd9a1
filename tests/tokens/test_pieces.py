"""Which tokens are pieces of one character, and where two tokenizers cut alike."""

import itertools

import numpy as np
import pytest

import embedcore
from embedcore.tokens.pieces import is_cut_alike, split_characters
from tests.tokens.trained import trained

TEXTS = ["", "a", "🙂", "a 🙂b 🙃🙃", "日本語のテキスト", "naïve café", "👩‍👩‍👧‍👦 family", "tuple  list\n\n x" * 3]


def test_a_space_that_the_tokenizer_adds_is_no_piece_of_the_first_character(tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(trained("byte fallback"))
    tokenizer = embedcore.get_tokenizer(tmp_path / "tokenizer.json")
    for text, runs in (("A cat", []), (" a", []), ("▁a", []), ("字 cat", [range(1, 4)]), ("the", [])):
        cut = tokenizer.encode(text)
        assert split_characters(cut) == runs
        assert "".join(text[start:end] for start, end in np.unique(cut.spans, axis=0)) == text, "each once"


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_run_holds_whole_characters_and_no_run_could_be_shorter(name, text):
    cut = embedcore.get_tokenizer(name).encode(text)
    runs = split_characters(cut)
    within = {index for run in runs for index in run}
    for index, token in enumerate(cut.token_bytes):
        if index not in within:
            token.decode()  # a token of whole characters
    for run in runs:
        assert len(run) > 1
        pieces = cut.token_bytes[run.start : run.stop]
        b"".join(pieces).decode()
        for cut_at in range(1, len(pieces)):
            with pytest.raises(UnicodeDecodeError):
                b"".join(pieces[:cut_at]).decode()


def test_given_ids_of_half_a_character_make_no_run():
    ids = embedcore.get_tokenizer("gpt2").encode("🙂").token_ids
    cut = embedcore.get_tokenizer("gpt2").tokenization(ids[:1])
    assert split_characters(cut) == []


@pytest.mark.parametrize("text", TEXTS)
def test_two_cuts_share_what_begins_and_ends_alike(text):
    one, other = (embedcore.get_tokenizer(name).encode(text) for name in ("gpt2", "o200k_base"))
    ends = [np.cumsum([0, *map(len, cut.token_bytes)]).tolist() for cut in (one, other)]
    pieces = [list(itertools.pairwise(edges)) for edges in ends]
    assert is_cut_alike(one, other).tolist() == [piece in pieces[1] for piece in pieces[0]]
    assert is_cut_alike(other, one).tolist() == [piece in pieces[0] for piece in pieces[1]]
    assert is_cut_alike(one, one).all()
