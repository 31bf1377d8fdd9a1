"""The tensors of a safetensors file, from a header that is believed only where it agrees with the file.

Format: 8 bytes of length, a JSON object {name: {"dtype", "shape", "data_offsets": [begin, end]}}, then the numbers of
all tensors without a gap. Source: the safetensors format, version 0.8, and the limits of its own readers.
"""

import math
from typing import Any, Final

from embedcore.files.json_text import json_object
from export.sources.broken import AGAIN, broken, shortened
from export.sources.json_size import check_json_size
from export.sources.mapped import MappedFile
from export.sources.number_types import NUMBER_TYPES
from export.sources.source import TensorInfo
from export.sources.stored import StoredTensor, is_plausible

MOST_HEADER_BYTES: Final = 25_000_000  # a header of 100,000 tensors is shorter; safetensors' own limit is 100 MB
_LENGTH_BYTES: Final = 8
_METADATA: Final = "__metadata__"
_KEYS: Final = {"dtype", "shape", "data_offsets"}
_NOT_SAFETENSORS: Final = "check that it is a safetensors file, and fetch or save it again"


def safetensors_in(file: MappedFile) -> dict[str, StoredTensor]:
    """Return name → tensor, in the order of the file.

    Raises ModelFileError, saying which header entry is wrong, if the header is longer than the file or than 25 MB, is
    no JSON object of tensors, or says offsets that overlap, leave a gap, lie outside, or fit no shape and its type.
    """
    header, data_start = _header(file)
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise broken(file.name, f"its {_METADATA} is no object of texts")
    tensors = [_tensor(file, name, entry, data_start) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor[1].start, tensor[0]))
    end = data_start
    for after, tensor in tensors:
        if tensor.start != end:
            words = "overlaps the one before it" if tensor.start < end else "leaves a gap to the one before it"
            raise broken(file.name, f"tensor {shortened(tensor.info.name)!r} at byte {tensor.start:,} {words}")
        end = after
    if end != file.n_bytes:
        raise broken(file.name, f"its tensors end at byte {end:,}, and the file at byte {file.n_bytes:,}")
    return {tensor.info.name: tensor for _, tensor in tensors}


def is_safetensors(file: MappedFile) -> bool:
    """Return whether the file begins as one of safetensors: a length that it has, and a brace."""
    begin = file.content(0, _LENGTH_BYTES + 1)
    return begin[_LENGTH_BYTES:] == b"{" and int.from_bytes(begin[:_LENGTH_BYTES], "little") < file.n_bytes


def _header(file: MappedFile) -> tuple[dict[str, Any], int]:
    """Return the JSON object of the header, and where the numbers begin."""
    n_bytes = int.from_bytes(file.content(0, _LENGTH_BYTES), "little")
    end = _LENGTH_BYTES + n_bytes
    if file.n_bytes < _LENGTH_BYTES or end > file.n_bytes:
        fault = f"its header should be {n_bytes:,} bytes long, and the file has {file.n_bytes:,}"
        raise broken(file.name, fault, _NOT_SAFETENSORS)
    if n_bytes > MOST_HEADER_BYTES:
        fault = f"its header is {n_bytes:,} bytes long, and {MOST_HEADER_BYTES:,} are the most"
        raise broken(file.name, fault, "save it in several files")
    raw = file.content(_LENGTH_BYTES, end)
    check_json_size(file.name, raw)
    if not raw.startswith(b"{"):
        raise broken(file.name, f"its header begins with {raw[:8]!r} and not with a brace", _NOT_SAFETENSORS)
    try:
        return json_object(raw.decode()), end
    except ValueError as error:
        raise broken(file.name, f"its header is no JSON object of tensors ({shortened(error)})") from error


def _tensor(file: MappedFile, name: str, entry: Any, data_start: int) -> tuple[int, StoredTensor]:
    """Return where the numbers of one tensor end, and the tensor."""

    def wrong(fault: str, remedy: str = AGAIN) -> Exception:
        return broken(file.name, f"tensor {shortened(name)!r} {fault}", remedy)

    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise wrong("has other keys in the header than dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    number = NUMBER_TYPES.get(dtype) if isinstance(dtype, str) else None
    if number is None:
        raise wrong(f"holds {shortened(dtype)}, a type that is not known here", "save it as F32, F16 or BF16")
    if not _are_sizes(shape) or not is_plausible(tuple(shape)):
        raise wrong(f"has the shape {shortened(shape)}, which no array has")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise wrong(f"has the offsets {shortened(offsets)}, which are not two numbers from 0 on")
    begin, end = data_start + offsets[0], data_start + offsets[1]
    if begin > end or end > file.n_bytes:
        raise wrong(f"lies at bytes {begin:,} to {end:,} of the {file.n_bytes:,} that the file has")
    n_bits = number.n_bits * math.prod(shape)
    if n_bits != 8 * (end - begin):
        raise wrong(f"of shape {shape} and type {dtype} needs {n_bits / 8:,.10g} bytes, and has {end - begin:,}")
    return end, StoredTensor(TensorInfo(name, dtype, tuple(shape)), file, begin)


def _are_sizes(value: Any) -> bool:
    """Return whether it is a list of whole numbers from 0 on; true and false, numbers to Python, are none."""
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)
