import gzip
import hashlib
import json

import pytest

import embedcore
from embedcore.errors import TokenizationError
from embedcore.tokens.label_file import label_file
from embedcore.tokens.labels import token_label
from embedcore.tokens.tokenizer import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_label_file_holds_the_label_of_every_id(name):
    tokenizer = embedcore.get_tokenizer(name)
    labels = json.loads(gzip.decompress(label_file(name).body))
    assert labels == [token_label(tokenizer.token_bytes(token_id), token_id) for token_id in range(tokenizer.n_vocab)]


def test_a_label_file_is_compact_and_utf_8():
    plain = gzip.decompress(label_file("toy").body)
    assert plain == '["␣brown","␣dog","fox","␣jumps","␣lazy","␣over"]'.encode()
    assert label_file("toy").etag == f'W/"{hashlib.sha256(plain).hexdigest()[:16]}"'
    assert label_file("toy").etag != label_file("gpt2").etag
    assert len(label_file("gpt2").body) < 250_000


def test_packing_again_gives_the_same_bytes():
    assert label_file.__wrapped__("toy") == label_file("toy")
    assert label_file("toy").body[4:8] == bytes(4)  # no time of packing


def test_an_unknown_name_is_refused():
    with pytest.raises(TokenizationError, match="no tokenizer 'nothing'"):
        label_file("nothing")
