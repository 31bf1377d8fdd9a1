"""The committed cases: tiny checkpoints with what transformers' block 1 got from them, read without transformers.

One .tar.xz a case: config.json, model.safetensors with the names and shapes that `save_pretrained` wrote (a tensor that the
expected arrays do not need is zeros), and the arrays. `python -m tests.families --commit` writes them anew.
"""

import io
import json
import lzma
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from embedcore.values import ByContent
from tests.families.rows import model_type_of

CASES: Final = Path(__file__).parent / "cases"
_SUFFIX: Final = ".tar.xz"
# What is packed are mostly numbers of four bytes each.
_FILTERS: Final = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 2, "pb": 2}]
_CHECKPOINT: Final = ("config.json", "model.safetensors")
_ARRAYS: Final = ("token_ids", "input_embeddings", "token_embeddings", "queries", "keys", "streams")


@dataclass(frozen=True, eq=False)
class Case(ByContent):
    """A tiny checkpoint and what block 1 of its model gets: the same ids in, these arrays out."""

    name: str
    token_ids: np.ndarray  # int64 [2, 7], with padding ids in the second row
    input_embeddings: np.ndarray  # float32 [2, 7, d_model], as block 1 receives them; of streams, the first
    token_embeddings: np.ndarray | None  # float32 [2, 7, stored width], the rows as the file stores them
    queries: np.ndarray | None  # float32 [2, heads, 7, head_dim], before any position acts; None where block 1 has none
    keys: np.ndarray | None  # float32 [2, key/value heads, 7, head_dim]
    streams: np.ndarray | None  # all streams, where there are several, in the order of the model

    @property
    def model_type(self) -> str:
        return model_type_of(self.name)

    @property
    def config(self) -> dict[str, Any]:
        """What config.json says."""
        said: dict[str, Any] = json.loads(_parts(self.name)["config.json"])
        return said

    def write(self, folder: Path) -> Path:
        """Write the checkpoint as a folder with config.json and model.safetensors, and return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for part in _CHECKPOINT:
            (folder / part).write_bytes(_parts(self.name)[part])
        return folder


def names() -> list[str]:
    """Return the names of the committed cases."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in CASES.glob(f"*{_SUFFIX}"))


@cache
def case(name: str) -> Case:
    """Read a committed case."""
    parts = _parts(name)
    arrays: dict[str, Any] = {
        each: np.load(io.BytesIO(parts[f"{each}.npy"])) if f"{each}.npy" in parts else None for each in _ARRAYS
    }
    return Case(name=name, **arrays)


def cases() -> list[Case]:
    """Return every committed case, in the order of the names."""
    return [case(name) for name in names()]


def pack(name: str, folder: Path) -> int:
    """Write a case's folder as its committed file, the same bytes for the same content; return how many."""
    with np.load(folder / "expected.npz") as arrays:
        parts = {each: (folder / each).read_bytes() for each in _CHECKPOINT}
        parts |= {f"{each}.npy": _npy(arrays[each]) for each in _ARRAYS if each in arrays}
    CASES.mkdir(exist_ok=True)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for each, content in parts.items():
            member = tarfile.TarInfo(each)  # without owner and time
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    packed = lzma.compress(plain.getvalue(), filters=_FILTERS)
    (CASES / f"{name}{_SUFFIX}").write_bytes(packed)
    return len(packed)


def _parts(name: str) -> dict[str, bytes]:
    """Return the files that a committed case holds, by name."""
    with tarfile.open(CASES / f"{name}{_SUFFIX}", "r:xz") as archive:
        return {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
