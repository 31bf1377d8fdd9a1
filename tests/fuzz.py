"""Files with something changed at random, and what must come of each; run as a process of its own (test_fuzzed_files)."""

import io
import random
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

import embedcore
from embedcore import contract
from embedcore.errors import ModelFileError
from embedcore.maps.file import read_map
from embedcore.model.output_table import output_table_path, read_output_table
from tests.hostile import toy

N_FILES = 150
INTERESTING = (
    0,
    1,
    -1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    2**31 - 1,
    2**31,
    -(2**31),
    2**32,
    2**62,
    -(2**62),
    2**63 - 1,
    -(2**63),
)
TEXTS = ("", "x", "table", "token_ids", "sequence", "batch", "Range", "Loop", "embedcore.n_vocab", "\0", "é", "x" * 5_000, "com.microsoft", "1e999", "[[", "{}", "NaN")  # fmt: skip


def main(kind: str, seed: str, folder: str) -> None:
    """Try `N_FILES` files and print how many opened and how many were refused; any other outcome is a traceback."""
    draw = random.Random(f"{kind} {seed}")
    make, use = KINDS[kind]
    opened = refused = longest = 0
    for index in range(N_FILES):
        content = make(draw)
        path = Path(folder) / "fuzzed.onnx"
        try:
            use(path, content)
            opened += 1
        except ModelFileError as error:
            refused += 1
            longest = max(longest, len(str(error).encode()))
        except BaseException:
            (Path(folder) / f"failed-{kind}-{seed}-{index}").write_bytes(content)
            raise
    sys.stdout.write(f"tried={N_FILES} opened={opened} refused={refused} longest={longest}")


def changed_bytes(draw: random.Random, content: bytes) -> bytes:
    """Flip, overwrite, cut, insert, repeat or remove bytes, one to four times."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(changed) + 1) if changed else 0
        size = draw.choice((1, 1, 2, 4, 8, 64))
        match draw.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << draw.randrange(8)
            case 1 if at < len(changed):
                changed[at] = draw.choice((0, 1, 127, 128, 255, draw.randrange(256)))
            case 2:
                changed[at:at] = draw.randbytes(size)
            case 3:
                del changed[at : at + size]
            case 4:
                changed[at:at] = changed[at : at + size]
            case 5:
                del changed[at:]
            case _:
                other = draw.randrange(len(changed) + 1)
                changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


def changed_fields(draw: random.Random) -> bytes:
    """Change one to four fields of the toy's model, wherever they are: another value, one more, one fewer, cleared."""
    proto = toy.toy()
    for _ in range(draw.randint(1, 4)):
        message = draw.choice(list(_messages(proto)))
        field = draw.choice(message.DESCRIPTOR.fields)
        try:
            _change(draw, message, field)
        except (ValueError, TypeError):  # a number that the field's own type does not hold
            continue
    if draw.random() < 0.5:
        _mend(proto)
    return proto.SerializeToString()


def _messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for inner in [value] if isinstance(value, Message) else value:
                yield from _messages(inner)


def _change(draw: random.Random, message: Message, field: FieldDescriptor) -> None:
    value = getattr(message, field.name)
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if isinstance(value, Message):
            draw.choice((value.SetInParent, value.Clear))()
        elif len(value) and draw.random() < 0.7:
            at = draw.randrange(len(value))
            draw.choice((lambda: value.append(value[at]), lambda: value.pop(at), lambda: value.reverse()))()
        else:
            value.add()
        return
    new = _value(draw, field)
    if isinstance(value, str | bytes | int | float):
        setattr(message, field.name, new)
    elif len(value) and draw.random() < 0.7:
        at = draw.randrange(len(value))
        draw.choice((lambda: value.__setitem__(at, new), lambda: value.pop(at), lambda: value.append(new)))()
    else:
        value.append(new)


def _value(draw: random.Random, field: FieldDescriptor) -> str | bytes | int | float:
    if field.type == FieldDescriptor.TYPE_STRING:
        return draw.choice((*TEXTS, *contract.OPERATORS))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return draw.randbytes(draw.choice((0, 1, 8, 72)))
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return draw.choice((0.0, -1.0, float("nan"), float("inf"), 1e30))
    return draw.choice((*INTERESTING, draw.randrange(32)))


def _mend(proto: onnx.ModelProto) -> None:
    """Write the digest of the changed weights, where it can be computed, so that more changes get past that check."""
    try:
        toy.rehash(proto)
    except Exception:
        return


def open_and_use(path: Path, content: bytes) -> None:
    """Open the model and run it at several lengths: what it gives has the shapes that it says."""
    path.write_bytes(content)
    model = embedcore.open_model(path, provider="cpu")
    metadata = model.metadata
    for sequence in {1, 2, min(model.longest, 100)}:
        if sequence > model.longest:
            continue
        layer = model.run(np.zeros((2, sequence), np.int64))
        assert layer.input_embeddings.shape == layer.token_embeddings.shape == (2, sequence, metadata.d_model)
        assert layer.input_embeddings.dtype == np.float32
    assert model.table.shape == (metadata.n_vocab, metadata.d_model)
    _ = model.position_table


def a_map() -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        steps=np.arange(20, dtype=np.int16).reshape(2, 10),
        origin=np.zeros(2),
        unit=np.float64(1),
        n_true=np.full(10, 3, np.uint16),
        trustworthiness=np.full(10, 65_535, np.uint16),
        clusters=np.zeros(10, np.int16),
        provenance=np.frombuffer(b'{"version": 1, "k": 3, "vectors_sha256": "x", "library": "l", "seed": 0}', np.uint8),
    )
    return buffer.getvalue()


def changed_map(draw: random.Random) -> bytes:
    """Change the archive's bytes, or a part's before it is packed, so that its checksum is right."""
    whole = a_map()
    if draw.random() < 0.4:
        return changed_bytes(draw, whole)
    buffer, archive = io.BytesIO(), zipfile.ZipFile(io.BytesIO(whole))
    chosen = draw.choice(archive.namelist())
    with zipfile.ZipFile(buffer, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        for name in archive.namelist():
            part = archive.read(name)
            file.writestr(name, changed_bytes(draw, part) if name == chosen else part)
    return buffer.getvalue()


def use_map(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    stored = read_map(path, "x")
    n_points = len(stored.coordinates)
    assert np.isfinite(stored.coordinates).all()
    assert (
        stored.clusters.shape == stored.fidelity.overlap.shape == stored.fidelity.trustworthiness.shape == (n_points,)
    )
    assert 0 <= stored.fidelity.mean_overlap <= 1
    assert 0 <= stored.fidelity.mean_trustworthiness <= 1


def changed_table(draw: random.Random) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(18, dtype=draw.choice((np.float16, np.float32))).reshape(6, 3))
    content = buffer.getvalue()
    header = changed_bytes(draw, content[:128])
    return changed_bytes(draw, content) if draw.random() < 0.3 else header + content[128:]


def use_table(path: Path, content: bytes) -> None:
    output_table_path(path).write_bytes(content)
    table = read_output_table(path, 6, 3)
    assert table is not None
    assert table.shape == (6, 3)
    assert table.dtype == np.float32


KINDS: dict[str, tuple[Callable[[random.Random], bytes], Callable[[Path, bytes], None]]] = {
    "bytes": (lambda draw: changed_bytes(draw, toy.TOY.read_bytes()), open_and_use),
    "fields": (changed_fields, open_and_use),
    "map": (changed_map, use_map),
    "table": (changed_table, use_table),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
