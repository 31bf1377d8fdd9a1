"""Tokenizers of a tokenizer.json: the ids of the `tokenizers` package, with bytes and places in the reader's text."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

import embedcore
from embedcore.errors import TokenizationError
from embedcore.tokens.tokenizer import tokenizer_from_json
from embedcore.tokens.written_ids import text_of_ids
from tests.tokens.trained import KINDS, changed, in_model, trained

READ = {kind: tokenizer_from_json(trained(kind), kind) for kind in KINDS}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text("the cats 1.'\nHéé▁🙂<s>", max_size=40)


def peer(kind):
    """Return the same tokenizer of the `tokenizers` package, as its own users have it for the text alone."""
    tokenizer = tokenizers.Tokenizer.from_str(trained(kind).decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


PEERS = {kind: peer(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "no unknown"])
@settings(deadline=None, max_examples=100)
@given(text=texts)
def test_the_ids_are_those_of_the_tokenizers_package_whatever_the_text(kind, text):
    cut = READ[kind].encode(text)
    assert cut.token_ids.tolist() == PEERS[kind].encode(text, add_special_tokens=False).ids
    assert READ[kind].encode_ids(text) == cut.token_ids.tolist()
    assert cut.text == text
    starts, ends = cut.spans.T
    assert ((starts >= 0) & (starts <= ends) & (ends <= len(text))).all()
    assert (np.diff(starts) >= 0).all()


@pytest.mark.parametrize("kind", ["byte-level", "digits"])
@settings(deadline=None, max_examples=60)
@given(text=texts)
def test_byte_level_loses_nothing(kind, text):
    cut = READ[kind].encode(text)
    assert b"".join(cut.token_bytes) == text.encode()
    assert READ[kind].decode_bytes(cut.token_ids) == text.encode()


def test_no_token_is_added_and_none_is_cut_off_or_filled_in():
    cut = READ["WordPiece"].encode("The cats are playing with strings")
    assert [token.decode() for token in cut.token_bytes] == ["the", "cats", "are", "playing", "with", "strings"]
    assert len(READ["WordPiece"].encode("").token_ids) == 0


def test_a_word_piece_keeps_its_mark_and_covers_the_readers_own_characters():
    cut = READ["WordPiece"].encode("  Wörds playinglists 🙃")
    pieces = [cut.text[start:end] for start, end in cut.spans.tolist()]
    assert cut.token_bytes[0] == b"words"
    assert pieces[0] == "Wörds"
    assert "".join(pieces) == "Wördsplayinglists🙃"
    assert cut.token_bytes[-1] == b"[UNK]"
    assert b"playing" in cut.token_bytes
    assert any(token.startswith(b"##") for token in cut.token_bytes)
    assert READ["WordPiece"].normalized("  Wörds") == "  words"
    assert READ["byte-level"].normalized("  Wörds") == "  Wörds"


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram", "WordLevel", "byte fallback", "byte-level"])
def test_ids_become_a_text_that_is_cut_into_them_again(kind):
    ids = READ[kind].encode("the cats are playing with a list")
    given_ids = READ[kind].tokenization(ids.token_ids)
    assert given_ids.text == "the cats are playing with a list"
    assert READ[kind].decode_bytes(ids.token_ids) == given_ids.text.encode()
    assert text_of_ids(READ[kind], given_ids).comes_back
    assert "".join(given_ids.text[start:end] for start, end in given_ids.spans.tolist()) == given_ids.text


def test_bytes_for_a_character_that_is_no_token():
    cut = READ["byte fallback"].encode("the 🙃")
    assert cut.token_bytes[-4:] == tuple(bytes([byte]) for byte in "🙃".encode())
    assert cut.spans[-4:].tolist() == [[4, 5]] * 4
    tokenizer = READ["byte fallback"]
    own = json.loads(trained("byte fallback"))["model"]["vocab"]
    assert tokenizer.ordinary_id(b"a") == own["a"] != own["<0x61>"]
    assert tokenizer.token_bytes(own["<0x61>"]) == b"a"


def test_names_of_special_tokens_are_text_unless_asked_for():
    plain = READ["WordPiece"].encode("the [MASK]")
    assert plain.token_bytes[0] == b"the"
    assert 4 not in plain.token_ids
    assert READ["WordPiece"].encode("the [MASK]", allow_special=True).token_ids.tolist()[1:] == [4]
    assert READ["WordPiece"].special_tokens == {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}


def test_a_character_that_would_be_left_out_in_silence_is_named():
    assert READ["no unknown"].encode("the cat").token_ids.tolist() != []
    with pytest.raises(TokenizationError, match=r"'z' at character 4 is no token of the tokenizer no unknown"):
        READ["no unknown"].encode("the z")


def test_dropout_is_off():
    dropping = tokenizer_from_json(in_model("byte-level", dropout=0.9), "dropping")
    assert all(
        dropping.encode_ids("the cats are playing") == READ["byte-level"].encode_ids("the cats are playing")
        for _ in range(20)
    )


def test_a_path_is_a_name_of_a_tokenizer_and_is_read_again_when_it_changes(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(trained("WordPiece"))
    first = embedcore.get_tokenizer(str(path))
    assert first is embedcore.get_tokenizer(path)
    assert (first.name, first.n_vocab) == ("tokenizer.json", READ["WordPiece"].n_vocab)
    assert first.fingerprint == READ["WordPiece"].fingerprint
    path.write_bytes(trained("WordLevel"))
    assert embedcore.get_tokenizer(path).n_vocab == READ["WordLevel"].n_vocab


@pytest.mark.parametrize("name", ["missing/tokenizer.json", "missing.json", "models/vocab.txt"])
def test_what_is_no_file_of_a_tokenizer_is_named(name):
    with pytest.raises(TokenizationError, match=r"check its path|give the path of a file that ends in"):
        embedcore.get_tokenizer(name)


def test_the_package_is_not_imported_before_it_is_needed():
    code = "import embedcore, sys; sys.exit('tokenizers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_panic_is_an_error_of_ours():
    pattern = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    tokenizer = tokenizer_from_json(changed("WordLevel", pre_tokenizer=pattern), "slow")
    with pytest.raises(TokenizationError, match=r"retry-limit.*choose another tokenizer"):
        tokenizer.encode("a" * 40 + "!")
