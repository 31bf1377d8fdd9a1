"""A finished map on disk: int16 coordinates, how far each point may be trusted, clusters, provenance."""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float, Float32, Int16

from embedcore.cache import write_atomically
from embedcore.errors import ModelFileError
from embedcore.files.json_text import json_object
from embedcore.files.npy import plain_array
from embedcore.files.plain import read_file
from embedcore.maps.fidelity import Fidelity
from embedcore.maps.grid import Grid
from embedcore.values import ByContent

MapRows = Literal["all", "trained"]  # of which rows of a model the maps beside it are made
_VERSION: Final = 1
_FULL: Final = 65_535  # a trustworthiness of 1, as uint16
_DTYPES: Final[Mapping[str, type[np.generic]]] = {
    "steps": np.int16,
    "origin": np.float64,
    "unit": np.float64,
    "n_true": np.uint16,
    "trustworthiness": np.uint16,
    "clusters": np.int16,
    "provenance": np.uint8,
}
LARGEST_MAP: Final = 100_000_000  # bytes of the file and of each part of it: 8 million points, packed or not
MOST_COMPONENTS: Final = 3
_LARGEST_K: Final = 65_535  # what a uint16 counts
# What the pages show of a map, with its type; a map may leave it out.
_PROVENANCE_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "method": str,
    "library": str,
    "seed": int,
    "n_components": int,
    "n_clusters": int,
    "mean_overlap": (int, float),
    "mean_trustworthiness": (int, float),
}
# What zipfile, zlib, numpy and json raise for bytes that are no map; a wrong flag reads as encrypted or unsupported.
_DAMAGE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    struct.error,
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


def map_path(model_file: Path, method: str, n_components: int, rows: MapRows = "all") -> Path:
    """Return where a model's own map lies: beside it, `pydoc-gpt.umap-2d.npz` or `pydoc-gpt.trained.umap-2d.npz`."""
    part = "" if rows == "all" else f"{rows}."
    return model_file.with_name(f"{model_file.stem}.{part}{method}-{n_components}d.npz")


def write_map(path: Path, stored: StoredMap) -> None:
    """Write a map. The same map gives the same bytes.

    Raises ModelFileError if it cannot be read back as it is; what lay at `path` is still there then.
    """
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
    content = buffer.getvalue()
    _require_same(path.name, content, stored, grid)
    write_atomically(path, content)


def read_map(path: Path, sha256: str) -> StoredMap:
    """Read the map at `path` of vectors whose `vectors_sha256` is `sha256`.

    Raises ModelFileError if the file is missing or broken, or is a map of other vectors.
    """
    try:
        content = read_file(path, most=LARGEST_MAP)
    except FileNotFoundError as error:
        msg = f"there is no map {path.name}: make it with `python -m export maps`, or compute it in the app"
        raise ModelFileError(msg) from error
    try:
        arrays = _arrays(content)
        stored = _stored(arrays, _provenance(arrays["provenance"]))
    except _DAMAGE as error:
        msg = f"{path.name} is no map, or is damaged ({error}): make it again with `python -m export maps`"
        raise ModelFileError(msg) from error
    made_of = stored.provenance["vectors_sha256"]
    if made_of != sha256:
        msg = (
            f"{path.name} is a map of other vectors (sha256 {made_of[:12]}…, these have {sha256[:12]}…): the model "
            "changed since; make the map again with `python -m export maps`"
        )
        raise ModelFileError(msg)
    return stored


def _require_same(name: str, content: bytes, stored: StoredMap, grid: Grid) -> None:
    """Raise ModelFileError unless `content` reads as `stored`, to the steps of its raster and of 16 bits."""
    try:
        arrays = _arrays(content)
        again = _stored(arrays, _provenance(arrays["provenance"]))
        np.testing.assert_allclose(again.coordinates, stored.coordinates, rtol=1e-5, atol=grid.unit)
        np.testing.assert_array_equal(again.clusters, stored.clusters)
        for part in ("overlap", "trustworthiness"):
            np.testing.assert_allclose(
                getattr(again.fidelity, part), np.clip(getattr(stored.fidelity, part), 0, 1), rtol=0, atol=1e-4
            )
    except (*_DAMAGE, AssertionError) as error:
        summary = " ".join(str(error).split())[:300]
        msg = f"{name} would not read back as the map that was made ({summary}): it is not written; make it again"
        raise ModelFileError(msg) from error


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return a map's arrays by name, of the types that `write_map` gives them, and of the lengths of one map.

    Each part of the archive is held to what it says of itself before it is unpacked. Raises what `_DAMAGE` lists.
    """
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name, dtype in _DTYPES.items():
            part = archive.getinfo(f"{name}.npy")
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.file_size > LARGEST_MAP:
                msg = (
                    f"{name} has {part.file_size:,} bytes, by method {part.compress_type}: {LARGEST_MAP:,} is the most"
                )
                raise ValueError(msg)
            try:
                arrays[name] = plain_array(archive.read(part), (dtype,))
            except ValueError as error:
                msg = f"{name}: {error}"
                raise ValueError(msg) from error
    n_components, n_points = arrays["steps"].shape
    lengths = {"steps": (n_components, n_points), "origin": (n_components,), "unit": ()}
    for name, array in arrays.items():
        shape = array.shape if name == "provenance" else lengths.get(name, (n_points,))
        if array.shape != shape:
            msg = f"{name} is {list(array.shape)}, not {list(shape)}"
            raise ValueError(msg)
    if not 1 <= n_components <= MOST_COMPONENTS or n_points < 1:
        msg = f"it has {n_points:,} points of {n_components} coordinates, not of 1 to {MOST_COMPONENTS}"
        raise ValueError(msg)
    return arrays


def _provenance(text: np.ndarray) -> dict[str, Any]:
    provenance = json_object(text.tobytes().decode())
    if provenance["version"] != _VERSION or not _is(provenance["k"], int) or not 1 <= provenance["k"] <= _LARGEST_K:
        msg = f"version {provenance['version']!r} with k = {provenance['k']!r}, not version {_VERSION} with k ≥ 1"
        raise ValueError(msg)
    for name, kind in _PROVENANCE_TYPES.items():
        if name in provenance and not _is(provenance[name], kind):
            msg = f"its {name} is {str(provenance[name])[:60]!r}"
            raise ValueError(msg)
    if not isinstance(provenance["vectors_sha256"], str):
        msg = f"its vectors_sha256 is {str(provenance['vectors_sha256'])[:60]!r}"
        raise ValueError(msg)  # noqa: TRY004 (what a file holds, not what a programmer passed)
    return provenance


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _stored(arrays: Mapping[str, np.ndarray], provenance: Mapping[str, Any]) -> StoredMap:
    k, unit, origin, clusters = provenance["k"], float(arrays["unit"]), arrays["origin"], arrays["clusters"]
    if not (0 < unit < np.inf and np.isfinite(origin).all()):
        msg = f"its raster begins at {origin.tolist()} in steps of {unit}, which must be finite and above 0"
        raise ValueError(msg)
    if arrays["n_true"].max() > k or clusters.min() < -1:
        msg = f"a point has {arrays['n_true'].max()} true neighbors of {k}, or the cluster {clusters.min()}"
        raise ValueError(msg)
    with np.errstate(over="ignore"):
        coordinates = Grid(origin.copy(), unit).coordinates(np.ascontiguousarray(arrays["steps"].T))
    if not np.isfinite(coordinates).all():
        msg = f"its points lie beyond what float32 holds, in steps of {unit}"
        raise ValueError(msg)
    overlap = (arrays["n_true"] / k).astype(np.float32)
    trustworthiness = (arrays["trustworthiness"] / _FULL).astype(np.float32)
    return StoredMap(coordinates, Fidelity(k, overlap, trustworthiness), clusters.copy(), provenance)
