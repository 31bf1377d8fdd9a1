"""How many bytes of an ONNX file are no weights, counted before protobuf unpacks what may be a bomb.

protobuf turns an empty message of two bytes into an object of a hundred, so two gigabytes of them end a server. Raw
weights keep their size, so everything else has a bound. Source: the protobuf encoding, and onnx.proto's field numbers.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9  # fields of ModelProto, GraphProto, TensorProto
_PATH: Final = (GRAPH, INITIALIZER)
METADATA_PROPS: Final = 14  # a field of ModelProto
_VALUE: Final = 2  # a field of StringStringEntryProto
_MOST_FIELDS: Final = 10_000  # of a model that are looked through for metadata
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT: Final = 10


def n_bytes_beside(content: bytes, *, most: int, most_texts: int = 0) -> int:
    """Return the bytes of `content` that are no raw weights of its graph; counting ends where they are over `most`.

    Of the texts of its metadata, which stay as large as they are, `most_texts` bytes are not counted. Raises ValueError
    if the bytes are no protobuf message.
    """
    view = memoryview(content)
    n_texts = min(most_texts, _n_text_bytes(view))
    return _beside(view, 0, most + n_texts) - n_texts


def _n_text_bytes(content: memoryview) -> int:
    props = (
        content[start:end] for field, start, end in islice(fields(content), _MOST_FIELDS) if field == METADATA_PROPS
    )
    return sum(end - start for prop in props for field, start, end in islice(fields(prop), 2) if field == _VALUE)


def fields(content: memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each field of a message that holds bytes, and where its bytes begin and end.

    Raises ValueError if the bytes are no protobuf message.
    """
    for field, kind, _, place, end in _walk(content):
        if kind == _BYTES:
            yield field, place, end


def cut_weights(content: bytes, *, least: int) -> tuple[bytes, list[bool]]:
    """Return the file without the raw weights of `least` bytes or more, and for each initializer whether it was cut.

    The file itself where none is so large. Raises ValueError as `n_bytes_beside`, whose count should come first.
    """
    is_cut: list[bool] = []
    parts = _cut(memoryview(content), 0, least, is_cut)
    return (b"".join(parts) if any(is_cut) else content), is_cut


def bytes_key(field: int) -> bytes:
    """Return what stands before a field that holds bytes, and before their number."""
    return as_varint(field << 3 | _BYTES)


def as_varint(number: int) -> bytes:
    """Return a number, 0 or more, as protobuf writes it."""
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _cut(content: memoryview, depth: int, least: int, is_cut: list[bool]) -> list[bytes | memoryview]:
    """Return the parts of a message without the large raw weights in it, which all the sizes around them tell."""
    parts: list[bytes | memoryview] = []
    for field, kind, start, place, end in _walk(content):
        if kind == _BYTES and depth < len(_PATH) and field == _PATH[depth]:
            if depth == len(_PATH) - 1:
                is_cut.append(False)
            within = _cut(content[place:end], depth + 1, least, is_cut)
            parts += [bytes_key(field), as_varint(sum(map(len, within))), *within]
        elif kind == _BYTES and depth == len(_PATH) and field == RAW_DATA and end - place >= least:
            is_cut[-1] = True
        else:
            parts.append(content[start:end])
    return parts


def _beside(content: memoryview, depth: int, most: int) -> int:
    n_beside = 0
    for field, kind, start, place, end in _walk(content):
        n_beside += place - start
        if kind == _BYTES and depth < len(_PATH) and field == _PATH[depth]:
            n_beside += _beside(content[place:end], depth + 1, most - n_beside)
        elif not (kind == _BYTES and depth == len(_PATH) and field == RAW_DATA):
            n_beside += end - place
        if n_beside > most:
            break
    return n_beside


def _walk(content: memoryview) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield the number and the kind of each field, where it starts, and where its content begins and ends."""
    place = 0
    while place < len(content):
        start = place
        tag, place = _varint(content, place)
        field, kind = tag >> 3, tag & 7
        size = 0
        if kind == _VARINT:
            _, place = _varint(content, place)
        elif kind == _BYTES:
            size, place = _varint(content, place)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            msg = f"a field of kind {kind} at byte {start:,}"
            raise ValueError(msg)
        if place + size > len(content):
            msg = f"a field of {size:,} bytes where {len(content) - place:,} are left"
            raise ValueError(msg)
        yield field, kind, start, place, place + size
        place += size


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """Return the number that begins at `place`, and where it ends."""
    number = 0
    for index, byte in enumerate(content[place : place + _LONGEST_VARINT]):
        number |= (byte & 127) << (7 * index)
        if byte < 128:
            return number, place + index + 1
    msg = f"no whole number at byte {place:,}"
    raise ValueError(msg)
