"""Files of tables with something changed at random, and what must come of each; run as a process of its own.

Each file is read, and then it holds what an independent reader finds in it; or it is a ModelFileError with a remedy.
"""

import contextlib
import io
import json
import pickle
import random
import signal
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import safetensors.numpy

from embedcore.errors import ModelFileError
from export.sources.open import open_source
from export.sources.source import Source
from tests.export.sources.fuzz_sentence_piece import a_sentence_piece, check_sentence_piece
from tests.fuzz import INTERESTING, changed_bytes

SECONDS: Final = 10  # for one file of some hundred bytes
REMEDIES: Final = [
    "fetch",
    "save",
    "give",
    "check",
    "unpack",
    "copy",
    "remove",
    "mend",
    "correct",
    "join",
    "choose",
    "write",
    "export",
    "open",
    "name",
    "use",
    "read",
]
TABLE: Final = np.arange(24, dtype=np.float32).reshape(6, 4) / 8
WORDS: Final = ("the", ",", "2", "naïve", "日本", "a b")
PIECES: Final = (
    b"nan",
    b"inf",
    b"1e999",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"1",
    b"-",
    b"x",
    b"\0",
    b"_",
    b"\xff",
    b"9" * 30,
)
NAMES: Final = (
    "",
    "wte",
    "..",
    "../a",
    "/etc/hostname",
    "a\\b",
    "\0",
    "x" * 300,
    "a.safetensors",
    "b.safetensors",
    "é",
    "\ud800",
)
DTYPES: Final = ("F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "F4", "Q4_0", "", 3, None)
Draw = random.Random


def main(kind: str, seed: str, n_files: str, folder: str) -> None:
    """Try files and print how many were read and how many were refused; any other outcome is a traceback."""
    draw = random.Random(f"{kind} {seed}")
    make, name, check = KINDS[kind]
    signal.signal(signal.SIGALRM, _too_long)
    read = refused = longest = 0
    for index in range(int(n_files)):
        content = make(draw)
        path = Path(folder) / name
        path.write_bytes(content)
        signal.alarm(SECONDS)
        try:
            source = open_source(path.with_name(OPENED.get(kind, name)))
            arrays = _arrays(source, len(content))
            check(content, source, arrays)
            read += 1
        except ModelFileError as error:
            refused += 1
            _check_message(str(error))
            longest = max(longest, len(str(error).encode()))
        except BaseException:
            (Path(folder) / f"failed-{kind}-{seed}-{index}").write_bytes(content)
            raise
        finally:
            signal.alarm(0)
    sys.stdout.write(f"tried={n_files} read={read} refused={refused} longest={longest}")


def _too_long(number: int, frame: object) -> None:
    del number, frame
    msg = f"one file took more than {SECONDS} seconds"
    raise TimeoutError(msg)


def _check_message(message: str) -> None:
    """Check that a message names the file, the fault and a remedy, and can be written."""
    message.encode()
    assert message.count(": ") >= 2 or "choose" in message, message
    assert any(word in message.rsplit(": ", 1)[1] for word in REMEDIES), message


def _arrays(source: Source, n_bytes: int) -> dict[str, np.ndarray]:
    """Return what the source holds, read whole and by rows."""
    arrays = {}
    for name, info in source.tensors.items():
        try:
            array = source.read(name)
        except ModelFileError as error:
            if "has no exact numbers here" not in str(error):
                raise
            continue
        assert array.shape == info.shape
        assert array.nbytes <= 16 * n_bytes + 4_096
        if array.ndim:
            np.testing.assert_array_equal(source.read(name, slice(1, None, 2)), array[1::2])
        arrays[name] = array
    if source.words is not None:
        assert len(source.words) == len(set(source.words)) or any("\\x" in word for word in source.words)
        assert {len(array) for array in arrays.values()} == {len(source.words)}
    return arrays


def _check_safetensors(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    deserialize: Any = safetensors.deserialize  # has no types
    expected = deserialize(content)
    assert {name for name, _ in expected} == set(source.tensors)
    for name, tensor in expected:
        if name in arrays and tensor["dtype"] in {"F64", "F32", "F16", "I64", "U8"}:
            assert arrays[name].tobytes() == bytes(tensor["data"])
            assert list(arrays[name].shape) == list(tensor["shape"])


def _check_numpy(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    expected = np.load(io.BytesIO(content), allow_pickle=False)
    if isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(arrays["table"], expected)
        return
    numbers = {}
    for name in expected.files:
        with contextlib.suppress(ValueError):  # what we left out, numpy may refuse
            numbers[name] = expected[name]
    numbers = {name: array for name, array in numbers.items() if array.dtype.kind in "fiub"}
    assert len(numbers) == len(arrays)
    if len(numbers) == 1:
        numbers = {"table": next(iter(numbers.values()))}
    for name, array in numbers.items():
        np.testing.assert_array_equal(arrays[name], array)


def _check_torch(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    import torch

    try:
        expected = torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # torch refuses more: checksums, versions
        return
    expected = {"table": expected} if isinstance(expected, torch.Tensor) else expected
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, expected[name].float().numpy())


def _check_text(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    """Read line by line, without looking for what is wrong."""
    table = arrays["table"]
    lines = content.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    lines = lines[len(lines) - len(table) :]
    for line, row in zip(lines, table, strict=True):
        numbers = line.replace(b"\t", b" ").rstrip().split(b" ")[-table.shape[1] :]
        np.testing.assert_array_equal(np.array(list(map(float, numbers)), np.float32), row)


def _check_word2vec(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    head, rest = content.split(b"\n", 1)
    n_rows, width = map(int, head.split())
    for row in arrays["table"]:
        _, rest = rest.removeprefix(b"\n").split(b" ", 1)
        np.testing.assert_array_equal(np.frombuffer(rest[: 4 * width], "<f4"), row)
        rest = rest[4 * width :]
    assert n_rows == len(arrays["table"])


def _number(draw: Draw) -> int:
    return draw.choice((*INTERESTING, *range(8), draw.randrange(200)))


def a_safetensors(draw: Draw) -> bytes:
    """Change bytes, or the entries of the header, which then has its right length."""
    content = safetensors.numpy.save({"wte": TABLE, "ids": np.arange(3), "half": TABLE[:2].astype(np.float16)})
    if draw.random() < 0.3:
        return changed_bytes(draw, content)
    n_header = struct.unpack("<Q", content[:8])[0]
    raw, data = content[8 : 8 + n_header], content[8 + n_header :]
    if draw.random() < 0.2:
        raw = changed_bytes(draw, raw)
    elif draw.random() < 0.1:
        raw += b" " * draw.randrange(20)
    else:
        raw = json.dumps(_changed_header(draw, json.loads(raw))).encode()
    return struct.pack("<Q", len(raw)) + raw + (changed_bytes(draw, data) if draw.random() < 0.2 else data)


def _changed_header(draw: Draw, header: dict[str, Any]) -> dict[str, Any]:
    for _ in range(draw.choice((1, 1, 2))):
        name = draw.choice(list(header))
        entry = header[name]
        if not isinstance(entry, dict) or "shape" not in entry:
            continue
        match draw.randrange(6):
            case 0:
                entry["dtype"] = draw.choice(DTYPES)
            case 1:
                entry["shape"] = [_number(draw) for _ in range(draw.randrange(4))]
            case 2:
                entry["shape"] = draw.choice(([4, 6], [6, 4, 1], [0], [], None, {}, [True], [1.0]))
            case 3:
                entry["data_offsets"] = [_number(draw) for _ in range(draw.choice((0, 1, 2, 2, 2, 3)))]
            case 4:
                header[draw.choice(NAMES)] = entry if draw.random() < 0.5 else header.pop(name)
            case _:
                header[name] = draw.choice((None, [], {}, {**entry, "more": 1}, "text"))
    return header


def a_torch_file(draw: Draw) -> bytes:
    """Change bytes of the archive or of its pickle, or the numbers of a tensor."""
    numbers: dict[str, Any] = {"n_items": 24, "offset": 0, "shape": (6, 4), "strides": (4, 1)}
    content = pickled(**numbers)
    choice = draw.random()
    if choice < 0.4:
        content = changed_bytes(draw, content)
    elif choice < 0.7:
        name = draw.choice(list(numbers))
        is_one = isinstance(numbers[name], int)
        numbers[name] = _number(draw) if is_one else tuple(_number(draw) for _ in range(draw.choice((1, 2, 2, 2, 3))))
        content = pickled(**numbers)
    whole = _zipped(
        draw, {"archive/data.pkl": content, "archive/byteorder": b"little", "archive/data/0": TABLE.tobytes()}
    )
    return changed_bytes(draw, whole) if choice >= 0.7 else whole


def pickled(*, n_items: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """Return the pickle of {"wte": a tensor} as torch writes it."""
    items = [pickle.dumps(value, 2)[2:-1] for value in (n_items, offset, shape, strides)]
    stored = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" + b"0X\3\0\0\0cpu" + items[0] + b"tQ"
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + b"".join(items[1:]) + b"\x89ccollections\nOrderedDict\n)RtR"
    )
    return b"\x80\2}X\3\0\0\0wte" + tensor + b"s."


def _zipped(draw: Draw, members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    packing = draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def an_npy(draw: Draw) -> bytes:
    buffer = io.BytesIO()
    table = TABLE.astype(draw.choice(("f2", "f4", "f8", "i8")))
    np.save(buffer, table if draw.random() < 0.5 else np.asfortranarray(table))
    content = buffer.getvalue()
    if draw.random() < 0.2:
        return changed_bytes(draw, content)
    if draw.random() < 0.2:
        return content[:128] + changed_bytes(draw, content[128:])
    return changed_bytes(draw, content[:128]) + content[128:]


def an_npz(draw: Draw) -> bytes:
    """Change the archive's bytes, or a part's before it is packed, so that its checksum is right."""
    buffer = io.BytesIO()
    arrays = {"words": np.array(WORDS), "vectors": TABLE} | ({"more": TABLE[0]} if draw.random() < 0.3 else {})
    draw.choice((np.savez, np.savez_compressed))(buffer, **arrays)
    if draw.random() < 0.5:
        return changed_bytes(draw, buffer.getvalue())
    with zipfile.ZipFile(buffer) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = draw.choice(list(members))
    members[chosen] = changed_bytes(draw, members[chosen])
    return _zipped(draw, members)


def a_text(draw: Draw, *, separator: bytes = b" ", has_words: bool = True) -> bytes:
    """Change bytes of word vectors as text, or put a piece somewhere that means something there."""
    rows = [separator.join(f"{number:.4g}".encode() for number in row) for row in TABLE]
    if has_words:
        rows = [word.encode() + separator + row for word, row in zip(WORDS, rows, strict=True)]
        rows = [b"6 4", *rows] if draw.random() < 0.5 else rows
    content = b"\n".join(rows) + draw.choice((b"", b"\n"))
    if draw.random() < 0.4:
        return changed_bytes(draw, content)
    for _ in range(draw.randint(1, 3)):
        at, size = draw.randrange(len(content)), draw.choice((0, 0, 1, 3))
        content = content[:at] + draw.choice(PIECES) + content[at + size :]
    return content


def a_word2vec(draw: Draw) -> bytes:
    end = draw.choice((b"", b"\n"))
    head = b"6 4\n" if draw.random() < 0.7 else f"{_number(draw)} {_number(draw)}\n".encode()
    words = [word.replace(" ", "_").encode() for word in WORDS]
    body = b"".join(word + b" " + row.tobytes() + end for word, row in zip(words, TABLE, strict=True))
    return head + (changed_bytes(draw, body) if draw.random() < 0.9 else body)


def an_index(draw: Draw) -> bytes:
    """Change an index that names the file of shards which lies beside it."""
    weight_map: dict[str, Any] = {"wte": "a.safetensors", "wpe": "b.safetensors"}
    if draw.random() < 0.4:
        return changed_bytes(draw, json.dumps({"metadata": {}, "weight_map": weight_map}).encode())
    if draw.random() < 0.2:
        weight_map.pop(draw.choice(("wte", "wpe")))
    for _ in range(draw.choice((0, 1, 2))):
        weight_map[draw.choice(("wte", "wpe", *NAMES))] = draw.choice((*NAMES, 1, None, []))
    return json.dumps({"weight_map": weight_map}).encode()


def _check_index(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    for name, file in json.loads(content)["weight_map"].items():
        np.testing.assert_array_equal(arrays[name], TABLE if (name, file) == ("wte", "a.safetensors") else TABLE[:2])


Check = Callable[[bytes, Source, Mapping[str, np.ndarray]], None]
KINDS: Final[Mapping[str, tuple[Callable[[Draw], bytes], str, Check]]] = {
    "safetensors": (a_safetensors, "model.safetensors", _check_safetensors),
    "index": (an_index, "model.safetensors.index.json", _check_index),
    "torch": (a_torch_file, "pytorch_model.bin", _check_torch),
    "npy": (an_npy, "table.npy", _check_numpy),
    "npz": (an_npz, "table.npz", _check_numpy),
    "text": (a_text, "glove.txt", _check_text),
    "word2vec": (a_word2vec, "vectors.bin", _check_word2vec),
    "sentencepiece": (a_sentence_piece, "tokenizer.model", check_sentence_piece),
    "projector": (lambda draw: a_text(draw, separator=b"\t", has_words=False), "table.tsv", _check_text),
}
# What is opened where it is not the file that was changed.
OPENED: Final = {"sentencepiece": "a.safetensors"}

if __name__ == "__main__":
    main(*sys.argv[1:])
