"""A map's file: what is written comes back, the same map is the same bytes, and nothing else is taken for one."""

import io
import json
import os
import pickle
import warnings
import zipfile

import numpy as np
import pytest

from embedcore.errors import ModelFileError
from embedcore.maps.fidelity import Fidelity
from embedcore.maps.file import LARGEST_MAP, StoredMap, map_path, read_map, vectors_sha256, write_map
from embedcore.maps.grid import Grid

VECTORS = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
SHA256 = vectors_sha256(VECTORS)


def drawn(n=200, n_components=2, k=15, seed=1, **changes):
    random = np.random.default_rng(seed)
    fields = {
        "coordinates": (random.normal(size=(n, n_components)) * [40, 30, 20][:n_components]).astype(np.float32),
        "fidelity": Fidelity(
            k,
            (random.integers(0, k + 1, n) / k).astype(np.float32),
            random.uniform(0, 1, n).astype(np.float32),
        ),
        "clusters": random.integers(-1, 40, n).astype(np.int16),
        "provenance": {"method": "tsne", "library": "openTSNE 1", "seed": 3, "vectors_sha256": SHA256},
    }
    return StoredMap(**fields | changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.tsne-2d.npz"


@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 7, 15])
def test_what_is_written_comes_back(path, n_components, k):
    stored = drawn(n_components=n_components, k=k)
    write_map(path, stored)
    map_read = read_map(path, SHA256)
    half = 0.5 * Grid.of(stored.coordinates).unit
    assert np.abs(map_read.coordinates.astype(float) - stored.coordinates).max() <= half + 1e-5  # float32 of 200
    assert map_read.coordinates.dtype == np.float32
    assert map_read.coordinates.flags.c_contiguous
    assert map_read.fidelity.k == k
    np.testing.assert_array_equal(map_read.fidelity.overlap, stored.fidelity.overlap)
    assert np.abs(map_read.fidelity.trustworthiness - stored.fidelity.trustworthiness).max() <= 0.5 / 65_535 + 1e-7
    np.testing.assert_array_equal(map_read.clusters, stored.clusters)
    assert map_read.clusters.dtype == np.int16
    assert map_read.provenance == {"version": 1, "k": k, **stored.provenance}


def test_a_map_that_was_read_is_written_as_it_was(path):
    write_map(path, drawn())
    before = path.read_bytes()
    map_read = read_map(path, SHA256)
    write_map(path, StoredMap(map_read.coordinates, map_read.fidelity, map_read.clusters, map_read.provenance))
    np.testing.assert_array_equal(read_map(path, SHA256).coordinates, map_read.coordinates)
    assert len(path.read_bytes()) == len(before)


@pytest.mark.parametrize("n", [1, 3])
def test_few_and_equal_points(path, n):
    stored = drawn(n, coordinates=np.full((n, 2), 0.3, np.float32))
    write_map(path, stored)
    np.testing.assert_array_equal(read_map(path, SHA256).coordinates, stored.coordinates)


def test_the_ends_of_trustworthiness_are_kept(path):
    fidelity = Fidelity(4, np.array([0, 0.25, 1], np.float32), np.array([0, 0.5, 1], np.float32))
    write_map(path, drawn(3, fidelity=fidelity))
    map_read = read_map(path, SHA256).fidelity
    np.testing.assert_array_equal(map_read.overlap, [0, 0.25, 1])
    np.testing.assert_array_equal(map_read.trustworthiness[[0, 2]], [0, 1])


def test_the_same_map_is_the_same_bytes(path):
    write_map(path, drawn())
    first = path.read_bytes()
    provenance = dict(reversed(drawn().provenance.items()))  # in another order of the same facts
    write_map(path, drawn(provenance=provenance))
    assert path.read_bytes() == first
    write_map(path, drawn(seed=2))
    assert path.read_bytes() != first
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_point_costs_few_bytes(path):
    """A point has 2 × 16 bits of place, 4 of overlap, 16 of trustworthiness and 6 of cluster: 7.25 incompressible bytes."""
    write_map(path, drawn(20_000))
    assert path.stat().st_size < 20_000 * 8.5


def test_the_file_lies_beside_the_model(tmp_path):
    assert map_path(tmp_path / "pydoc-gpt.onnx", "umap", 3) == tmp_path / "pydoc-gpt.umap-3d.npz"


def test_the_digest_is_of_shape_and_values():
    flat = np.arange(12, dtype=np.float32)
    digests = {
        vectors_sha256(vectors)
        for vectors in (flat.reshape(3, 4), flat.reshape(4, 3), flat.reshape(3, 4)[::-1], flat.reshape(4, 3).T)
    }
    assert len(digests) == 4
    table = flat.reshape(3, 4)
    assert vectors_sha256(np.asfortranarray(table)) == vectors_sha256(table)
    assert vectors_sha256(table.astype(">f4")) == vectors_sha256(table.astype(np.float64)) == vectors_sha256(table)


def test_a_missing_map_is_named_with_the_command(path):
    with pytest.raises(ModelFileError, match=r"no map m\.tsne-2d\.npz: make it with `python -m export maps`"):
        read_map(path, SHA256)


def test_a_map_of_other_vectors_is_named_with_both_digests(path):
    write_map(path, drawn())
    other = vectors_sha256(VECTORS[:, ::-1])
    with pytest.raises(ModelFileError, match=rf"m\.tsne-2d\.npz is a map of other vectors .*{SHA256[:12]}.*{other[:12]}.*make the map again with `python -m export maps`"):  # fmt: skip
        read_map(path, other)


DAMAGED = r"m\.tsne-2d\.npz is no map, or is damaged .*make it again with `python -m export maps`"


def arrays(**changes):
    """Return a file of the arrays of a sound one, some of them changed, or left out where the change is None."""
    buffer = io.BytesIO()
    fields = {
        "steps": np.zeros((2, 5), np.int16),
        "origin": np.zeros(2),
        "unit": np.float64(1),
        "n_true": np.full(5, 3, np.uint16),
        "trustworthiness": np.full(5, 65_535, np.uint16),
        "clusters": np.zeros(5, np.int16),
        "provenance": provenance(),
    }
    np.savez(buffer, **{name: value for name, value in (fields | changes).items() if value is not None})
    return buffer.getvalue()


def provenance(**changes):
    text = json.dumps({"version": 1, "k": 3, "vectors_sha256": SHA256} | changes)
    return np.frombuffer(text.encode(), np.uint8)


def one_array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def other_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("readme.txt", "no arrays")
    return buffer.getvalue()


def deep(n):
    return np.frombuffer(b'{"a":' * n + b"1" + b"}" * n, np.uint8)


def bomb(name, says=None):
    """Return a sound map with one part of 101 MB of zeros, which packs to 100 kB, or which claims to be smaller."""
    sound, buffer = zipfile.ZipFile(io.BytesIO(arrays())), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part in sound.namelist():
            file.writestr(part, bytes(101_000_000) if part == name else sound.read(part))
    whole = buffer.getvalue()
    return whole if says is None else whole.replace((101_000_000).to_bytes(4, "little"), says.to_bytes(4, "little"))


def packed_by(method):
    sound, buffer = zipfile.ZipFile(io.BytesIO(arrays())), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for part in sound.namelist():
            file.writestr(part, sound.read(part))
    return buffer.getvalue()


def twice(name):
    """Return a map that has one part a second time, and larger; the last one counts."""
    buffer = io.BytesIO(arrays())
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr(name, bytes(64))
    return buffer.getvalue()


class Trap:
    """An object whose unpickling would raise, so that the test would see another error than ours."""

    def __reduce__(self):
        return (eval, ("1/0",))


def test_a_sound_file_of_these_arrays_is_read(path):
    path.write_bytes(arrays())
    np.testing.assert_array_equal(read_map(path, SHA256).coordinates, np.full((5, 2), 32_767))


@pytest.mark.parametrize(
    "content",
    {
        "empty": b"",
        "text": b"not a map at all",
        "a pickle": pickle.dumps(Trap()),
        "one array": one_array(),
        "another zip": other_zip(),
        "pickles inside": arrays(clusters=np.array([Trap()] * 5, dtype=object)),
        "pickled provenance": arrays(provenance=np.array({"k": 3}, dtype=object)),
        "no coordinates": arrays(steps=None),
        "no provenance": arrays(provenance=None),
        "provenance is no JSON": arrays(provenance=np.frombuffer(b"{", np.uint8)),
        "provenance is no text": arrays(provenance=np.frombuffer(b"\xff\xfe", np.uint8)),
        "provenance is a list": arrays(provenance=np.frombuffer(b"[1]", np.uint8)),
        "provenance without k": arrays(provenance=np.frombuffer(b"{}", np.uint8)),
        "k is a word": arrays(provenance=provenance(k="many")),
        "k is 0": arrays(provenance=provenance(k=0)),
        "k is null": arrays(provenance=provenance(k=None)),
        "of another version": arrays(provenance=provenance(version=2)),
        "fewer clusters": arrays(clusters=np.zeros(4, np.int16)),
        "one cluster": arrays(clusters=np.zeros(1, np.int16)),
        "more overlaps": arrays(n_true=np.zeros(6, np.uint16)),
        "fewer trustworthinesses": arrays(trustworthiness=np.zeros(2, np.uint16)),
        "an origin of three": arrays(origin=np.zeros(3)),
        "an origin of one": arrays(origin=np.zeros(1)),
        "flat steps": arrays(steps=np.zeros(5, np.int16)),
        "steps of words": arrays(steps=np.array([["a"] * 5] * 2)),
        "steps of floats": arrays(steps=np.full((2, 5), np.nan)),
        "units": arrays(unit=np.ones(2)),
        "clusters of floats": arrays(clusters=np.zeros(5)),
        "clusters below none": arrays(clusters=np.full(5, -2, np.int16)),
        "no points": arrays(
            steps=np.zeros((2, 0), np.int16),
            **dict.fromkeys(("n_true", "trustworthiness"), np.zeros(0, np.uint16)),
            clusters=np.zeros(0, np.int16),
        ),
        "no coordinates of a point": arrays(steps=np.zeros((0, 5), np.int16), origin=np.zeros(0)),
        "four coordinates": arrays(steps=np.zeros((4, 5), np.int16), origin=np.zeros(4)),
        "a unit of nothing": arrays(unit=np.float64(0)),
        "a unit below nothing": arrays(unit=np.float64(-1)),
        "a unit that is none": arrays(unit=np.float64(np.nan)),
        "an endless unit": arrays(unit=np.float64(np.inf)),
        "points beyond float32": arrays(unit=np.float64(1e300)),
        "an origin that is none": arrays(origin=np.array([0, np.nan])),
        "more true neighbors than neighbors": arrays(n_true=np.full(5, 4, np.uint16)),
        "k is a fraction": arrays(provenance=provenance(k=3.5)),
        "k is true": arrays(provenance=provenance(k=True)),
        "k is a number in quotes": arrays(provenance=provenance(k="3")),
        "k is huge": arrays(provenance=provenance(k=10**30)),
        "k has 400 digits": arrays(provenance=provenance(k=10**400)),
        "k is past what is counted": arrays(provenance=provenance(k=65_536)),
        "no vectors": arrays(provenance=provenance(vectors_sha256=None)),
        "a library that is a list": arrays(provenance=provenance(library=[1])),
        "a seed of words": arrays(provenance=provenance(seed="x")),
        "clusters of words": arrays(provenance=provenance(n_clusters="x")),
        "an overlap of words": arrays(provenance=provenance(mean_overlap="x")),
        "an overlap that is none": arrays(provenance=provenance(mean_overlap=float("nan"))),
        "half of a character": arrays(provenance=provenance(library="\ud800")),
        "provenance a thousand deep": arrays(provenance=deep(1_000)),
        "provenance 200,000 deep": arrays(provenance=deep(200_000)),
        "provenance in two axes": arrays(provenance=np.zeros((2, 2), np.uint8)),
        "a bomb": bomb("steps.npy"),
        "a bomb that says it is small": bomb("steps.npy", says=100),
        "a bomb of provenance": bomb("provenance.npy"),
        "another method": packed_by(zipfile.ZIP_LZMA),
        "a part twice": twice("steps.npy"),
    }.items(),
    ids=lambda item: item[0],
)
def test_what_is_no_map_is_named(path, content):
    path.write_bytes(content[1])
    with pytest.raises(ModelFileError, match=DAMAGED):
        read_map(path, SHA256)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_plain_file_is_refused_without_waiting(path, make):
    make(path)
    with pytest.raises(ModelFileError, match=r"m\.tsne-2d\.npz"):
        read_map(path, SHA256)


def test_a_map_larger_than_any_is_not_read(path):
    with path.open("wb") as file:
        file.truncate(LARGEST_MAP + 1)  # a hole: it takes no room on the disk
    with pytest.raises(ModelFileError, match=rf"more than {LARGEST_MAP:,} bytes"):
        read_map(path, SHA256)


@pytest.mark.parametrize(("method", "n_components"), [("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3)])
def test_the_maps_that_come_with_the_trained_model_are_of_its_table(pydoc, method, n_components):
    map_read = read_map(map_path(pydoc.file.path, method, n_components), vectors_sha256(pydoc.table))
    assert map_read.coordinates.shape == (len(pydoc.table), n_components)
    assert (map_read.provenance["method"], map_read.provenance["n_components"]) == (method, n_components)
    assert map_read.fidelity.mean_trustworthiness == pytest.approx(
        map_read.provenance["mean_trustworthiness"], abs=1e-5
    )
    assert map_read.fidelity.mean_overlap == pytest.approx(map_read.provenance["mean_overlap"], abs=1e-6)
    assert map_read.clusters.max() + 1 == map_read.provenance["n_clusters"]


def test_a_truncated_map_is_named_wherever_it_ends(path):
    write_map(path, drawn())
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match=DAMAGED):
            read_map(path, SHA256)


def test_no_changed_byte_gives_another_map_in_silence(path):
    """Each byte that is changed is told as damage, or was of no account."""
    write_map(path, drawn(20))
    whole, expected = path.read_bytes(), read_map(path, SHA256)
    n_refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :])
        try:
            map_read = read_map(path, SHA256)
        except ModelFileError:
            n_refused += 1
            continue
        np.testing.assert_array_equal(map_read.coordinates, expected.coordinates)
        np.testing.assert_array_equal(map_read.clusters, expected.clusters)
        assert map_read.provenance == expected.provenance
    assert n_refused > len(whole) / 2
