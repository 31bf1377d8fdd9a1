"""A tokenizer.json as it lies in a model file's metadata: gzip and base64."""

import base64
import binascii
import gzip
import io
import zlib

from embedcore.errors import ModelFileError
from embedcore.tokens.tokenizer_json import LARGEST


def packed(content: bytes) -> str:
    """Return `content` as text, without a name or a time: the same content gives the same text."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def unpacked(text: str) -> bytes:
    """Return what `packed` packed; `text` is what a file gives, and may be anything.

    Raises ModelFileError if it is no base64 of a gzip, or unpacks to more than a tokenizer may have: it is read no
    further then.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(text, validate=True))) as file:
            content = file.read(LARGEST + 1)
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error) as error:
        msg = f"the tokenizer in the file's metadata cannot be unpacked ({error}): export the file again"
        raise ModelFileError(msg) from error
    if len(content) > LARGEST:
        msg = (
            f"the tokenizer in the file's metadata unpacks to more than {LARGEST:,} bytes, the most that is read: "
            "export the file again"
        )
        raise ModelFileError(msg)
    return content
