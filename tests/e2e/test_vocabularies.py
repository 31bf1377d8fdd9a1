"""The server hands out the labels of a vocabulary as one file, which browsers keep."""

import gzip
import json
import urllib.error
import urllib.request

import pytest

import embedcore
from embedcore.tokens.tokenizer import NAMES
from tests.e2e.overlay.reader import label_of

pytestmark = pytest.mark.e2e


def fetch(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("name", NAMES)
def test_the_server_hands_out_labels(server, name):
    url = f"{server.url}/api/vocabularies/{name}.json"
    status, headers, body = fetch(url, **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Type"], headers["Content-Encoding"]) == (200, "application/json", "gzip")
    assert headers["Cache-Control"] == "no-cache"  # a newer server may name tokens otherwise
    mark = headers["ETag"].removeprefix('W/"').removesuffix('"')
    for query, kept in ((f"?labels={mark}", "public, max-age=86400"), ("?labels=0123456789abcdef", "no-cache")):
        status, named, named_body = fetch(url + query, **{"Accept-Encoding": "gzip"})
        assert (status, named["Cache-Control"], named_body) == (200, kept, body)
    assert headers["Vary"] == "Accept-Encoding"
    labels = json.loads(gzip.decompress(body))
    n_vocab = embedcore.get_tokenizer(name).n_vocab
    assert len(labels) == n_vocab
    assert all(
        labels[token_id] == label_of(token_id, name) for token_id in range(0, n_vocab, 97 if n_vocab > 97 else 1)
    )
    status, plain_headers, plain = fetch(url)
    assert plain == gzip.decompress(body)
    assert plain_headers["Content-Encoding"] is None
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        fetch(url, **{"If-None-Match": headers["ETag"]})
    assert (unchanged.value.code, unchanged.value.read()) == (304, b"")
    unchanged.value.close()


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fREADME", "%2e%2e", "gpt2.json", "GPT2"])
def test_an_unknown_vocabulary_is_not_found(server, name):
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(f"{server.url}/api/vocabularies/{name}.json")
    assert refused.value.code in ({404} if "%" not in name else {400, 404})
    refused.value.close()
