"""What a model file says of itself, read in no time: its metadata alone, past the weights."""

import mmap
from pathlib import Path
from typing import Final

import onnx
from google.protobuf.message import DecodeError

from embedcore.contract import METADATA_PREFIX, ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.model.onnx_bytes import METADATA_PROPS, fields

_MOST: Final = 1_000  # of them
_TOKENIZER: Final = METADATA_PREFIX + "tokenizer_json"


def peek(path: Path) -> ModelMetadata | None:
    """Return the metadata of the file at `path`, without its tokenizer.json; None where it says none that can be read.

    Nothing is checked but what the metadata themselves are: opening the model checks the rest.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            props = dict(_props(memoryview(content)))
        return ModelMetadata.from_props(props)
    except (OSError, ValueError, DecodeError, ModelFileError):
        return None


def _props(content: memoryview) -> list[tuple[str, str]]:
    props: list[tuple[str, str]] = []
    try:
        for number, start, end in fields(content):
            if number == METADATA_PROPS and len(props) < _MOST:
                prop = onnx.StringStringEntryProto.FromString(bytes(content[start:end]))
                if prop.key != _TOKENIZER:
                    props.append((prop.key, prop.value))
    finally:
        content.release()  # or the file could not be closed
    return props
