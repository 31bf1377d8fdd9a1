"""A finished map on disk: int16 coordinates, how far each point may be trusted, clusters, provenance."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32, Int16

from embedcore.cache import write_atomically
from embedcore.errors import ModelFileError
from embedcore.fidelity import Fidelity
from embedcore.grid import Grid
from embedcore.values import ByContent

_VERSION: Final = 1
_FULL: Final = 65_535  # a trustworthiness of 1, as uint16
_NAMES: Final = ("steps", "origin", "unit", "n_true", "trustworthiness", "clusters", "provenance")
# What zipfile, zlib, numpy and json raise for bytes that are no map; a wrong flag reads as encrypted or unsupported.
_DAMAGE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredMap(ByContent):
    """A map as its file holds it: places on a 16-bit raster, fidelity, clusters (−1: none), provenance.

    `provenance` says method, library and version, parameters, seed, sha256 of the vectors, and the overall fidelity
    before it was rounded to 16 bits.
    """

    coordinates: Float32[np.ndarray, "n n_components"]
    fidelity: Fidelity
    clusters: Int16[np.ndarray, " n"]
    provenance: Mapping[str, Any]


def vectors_sha256(vectors: Float[np.ndarray, "n d_model"]) -> str:
    """Return the sha256 of shape and float32 bytes (little-endian): what a map was made of."""
    digest = hashlib.sha256(json.dumps(list(vectors.shape)).encode())
    digest.update(np.ascontiguousarray(vectors, "<f4").data)
    return digest.hexdigest()


def map_path(model_file: Path, method: str, n_components: int) -> Path:
    """Return where a model's own map lies: beside it, `pydoc-gpt.umap-2d.npz`."""
    return model_file.with_name(f"{model_file.stem}.{method}-{n_components}d.npz")


def write_map(path: Path, stored: StoredMap) -> None:
    """Write a map. The same map gives the same bytes."""
    grid, fidelity = Grid.of(stored.coordinates), stored.fidelity
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        steps=grid.steps(stored.coordinates).T,  # axis by axis: neighbors in memory are alike, and pack better
        origin=grid.origin,
        unit=np.float64(grid.unit),
        n_true=np.rint(fidelity.overlap * fidelity.k).astype(np.uint16),
        trustworthiness=np.rint(np.clip(fidelity.trustworthiness, 0, 1) * _FULL).astype(np.uint16),
        clusters=stored.clusters,
        provenance=np.frombuffer(
            json.dumps({"version": _VERSION, "k": fidelity.k, **stored.provenance}, sort_keys=True).encode(), np.uint8
        ),
    )
    write_atomically(path, buffer.getvalue())


def read_map(path: Path, sha256: str) -> StoredMap:
    """Read the map at `path` of vectors whose `vectors_sha256` is `sha256`.

    Raises ModelFileError if the file is missing or broken, or is a map of other vectors.
    """
    try:
        # Read at once: numpy leaves a file open that it cannot read.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            found = {name: file[name] for name in _NAMES}
        _check_arrays(found)
        provenance = json.loads(found["provenance"].tobytes())
        k, made_of = int(provenance["k"]), str(provenance["vectors_sha256"])
        if provenance["version"] != _VERSION or k < 1:
            msg = f"version {provenance['version']} with k = {k}, not version {_VERSION} with k ≥ 1"
            raise ValueError(msg)
        grid = Grid(found["origin"], float(found["unit"]))
        coordinates = grid.coordinates(np.ascontiguousarray(found["steps"].T))
        fidelity = Fidelity(
            k, (found["n_true"] / k).astype(np.float32), (found["trustworthiness"] / _FULL).astype(np.float32)
        )
        stored = StoredMap(coordinates, fidelity, found["clusters"], provenance)
    except FileNotFoundError as error:
        msg = f"there is no map {path.name}: make it with `python -m export maps`, or compute it in the app"
        raise ModelFileError(msg) from error
    except _DAMAGE as error:
        msg = f"{path.name} is no map, or is damaged ({error}): make it again with `python -m export maps`"
        raise ModelFileError(msg) from error
    if made_of != sha256:
        msg = (
            f"{path.name} is a map of other vectors (sha256 {made_of[:12]}…, these have {sha256[:12]}…): the model "
            "changed since; make the map again with `python -m export maps`"
        )
        raise ModelFileError(msg)
    return stored


def _check_arrays(found: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError unless all arrays have the types that `write_map` gives them, and the lengths of one map."""
    n_components, n_points = found["steps"].shape
    expected: dict[str, tuple[type, tuple[int, ...]]] = {
        "steps": (np.int16, (n_components, n_points)),
        "origin": (np.float64, (n_components,)),
        "unit": (np.float64, ()),
        "n_true": (np.uint16, (n_points,)),
        "trustworthiness": (np.uint16, (n_points,)),
        "clusters": (np.int16, (n_points,)),
    }
    for name, (dtype, shape) in expected.items():
        if found[name].dtype != dtype or found[name].shape != shape:
            msg = f"{name} is {found[name].dtype} {list(found[name].shape)}, not {np.dtype(dtype)} {list(shape)}"
            raise ValueError(msg)
