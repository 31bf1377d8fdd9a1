import base64
import gzip

import pytest

from embedcore.errors import ModelFileError
from embedcore.tokens.packed import packed, unpacked
from embedcore.tokens.tokenizer_json import LARGEST


@pytest.mark.parametrize("content", [b"", b"{}", bytes(range(256)) * 100])
def test_what_is_packed_is_unpacked_and_the_same_each_time(content):
    assert unpacked(packed(content)) == content
    assert packed(content) == packed(content)


@pytest.mark.parametrize(
    "text",
    ["é", "====", "e30=", packed(b"{}" * 99)[:-8], base64.b64encode(gzip.compress(b"{}", mtime=0)[:12]).decode()],
)
def test_what_is_no_packed_tokenizer_is_refused(text):
    with pytest.raises(ModelFileError, match=r"cannot be unpacked .*: export the file again"):
        unpacked(text)


def test_what_unpacks_to_too_much_is_refused():
    with pytest.raises(ModelFileError, match=rf"more than {LARGEST:,} bytes"):
        unpacked(packed(bytes(LARGEST + 1)))
