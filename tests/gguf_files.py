"""GGUF files made in tests: written by the gguf package, or byte by byte where a file shall lie."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES


def write_gguf(
    path: Path,
    architecture: str,
    tensors: Mapping[str, np.ndarray],
    *,
    keys: Mapping[str, Any] | None = None,
    types: Mapping[str, GGMLQuantizationType] | None = None,
) -> Path:
    """Write tensors as GGUF, each as float32, or quantized to its type in `types`, and return the path."""
    writer = GGUFWriter(path, architecture)
    for name, value in (keys or {}).items():
        _add(writer, name, value)
    for name, values in tensors.items():
        kind = (types or {}).get(name)
        if kind is None:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, quants.quantize(values.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def random_blocks(kind: GGMLQuantizationType, n_rows: int, n_blocks: int, seed: int = 0) -> np.ndarray:
    """Return rows of random bytes as a file stores them in this type, uint8 [n_rows, bytes of a row]."""
    _, size = GGML_QUANT_SIZES[kind]
    return np.random.default_rng(seed).integers(0, 256, (n_rows, n_blocks * size), np.uint8)


def text(value: str | bytes) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(content)) + content


def key(name: str | bytes, kind: int, content: bytes) -> bytes:
    """Return an entry of the header's keys; `content` is its value as it is stored."""
    return text(name) + struct.pack("<I", kind) + content


def entry(name: str | bytes, sizes: Sequence[int], kind: int, offset: int) -> bytes:
    """Return what the header says of a tensor; `sizes` are GGUF's own, the shortest stride first."""
    return text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)


def raw_gguf(
    keys: Sequence[bytes] = (),
    entries: Sequence[bytes] = (),
    data: bytes = b"",
    *,
    version: int = 3,
    n_keys: int | None = None,
    n_tensors: int | None = None,
) -> bytes:
    """Return a GGUF file of these parts, with counts that may lie."""
    n_keys = len(keys) if n_keys is None else n_keys
    n_tensors = len(entries) if n_tensors is None else n_tensors
    head = b"GGUF" + struct.pack("<IQQ", version, n_tensors, n_keys) + b"".join((*keys, *entries))
    return head + bytes(-len(head) % 32) + data


def _add(writer: GGUFWriter, name: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    elif isinstance(value, str):
        writer.add_string(name, value)
    else:
        writer.add_array(name, value)
