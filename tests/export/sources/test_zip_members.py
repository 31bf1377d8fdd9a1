"""ZIP archives by their directory: the members that Python's own reader finds, and a refusal of what lies."""

import io
import struct
import warnings
import zipfile

import pytest

from embedcore.errors import ModelFileError
from export.sources import zip_members as module
from export.sources.mapped import map_file
from export.sources.zip_members import MOST_MEMBERS, check_checksum, unpacked, zip_members

CONTENT = {"a/data.pkl": b"one" * 50, "a/data/0": b"two" * 500, "é": b"x"}


@pytest.fixture
def members(tmp_path):
    def members(archive):
        (tmp_path / "a.zip").write_bytes(archive)
        file = map_file(tmp_path / "a.zip")
        return file, zip_members(file)

    return members


def zipped(content=CONTENT, method=zipfile.ZIP_STORED, **options):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        archive.comment = options.get("comment", b"")
        for name, part in content.items() if isinstance(content, dict) else content:
            with archive.open(name, "w", force_zip64=options.get("zip64", False)) as file:
                file.write(part)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("options", [{}, {"zip64": True}, {"comment": b"PK\5\6 a comment"[4:]}])
def test_members_are_where_the_directory_says(members, method, options):
    file, found = members(zipped(method=method, **options))
    assert {name: member.n_bytes for name, member in found.items()} == {
        name: len(part) for name, part in CONTENT.items()
    }
    for name, member in found.items():
        if method == zipfile.ZIP_STORED:
            assert file.content(member.start, member.start + member.n_packed) == CONTENT[name]
            check_checksum(file, member)
        else:
            assert unpacked(file, member).content(0, member.n_bytes) == CONTENT[name]


def test_a_large_member_is_unpacked_in_pieces(members, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    file, found = members(zipped(method=zipfile.ZIP_DEFLATED))
    for name, member in found.items():
        assert unpacked(file, member).content(0, member.n_bytes) == CONTENT[name]


def test_an_archive_of_more_than_4_gigabytes_is_read_by_its_zip64_record(members):
    """Only the record is that of a large archive: the sizes say "look there"."""
    archive = zipped()
    at = archive.rindex(b"PK\5\6")
    _, _, _, _, count, size, offset, _ = struct.unpack("<4s4H2LH", archive[at:])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    file, found = members(archive[:at] + record + locator + end)
    assert set(found) == set(CONTENT)
    assert file.content(found["é"].start, found["é"].start + 1) == b"x"
    for place in (at + 1, 2**63, len(archive) * 2):
        with pytest.raises(ModelFileError, match=r"ZIP64|ends too early"):
            members(archive[:at] + record + struct.pack("<4sLQL", b"PK\6\7", 0, place, 1) + end)


def entry(archive, index, at, pack, *values):
    """Return the archive with numbers of an entry of its directory changed."""
    places = [place for place in range(len(archive)) if archive.startswith(b"PK\1\2", place)]
    changed = bytearray(archive)
    struct.pack_into(pack, changed, places[index] + at, *values)
    return bytes(changed)


def end(archive, at, pack, *values):
    changed = bytearray(archive)
    struct.pack_into(pack, changed, archive.rindex(b"PK\5\6") + at, *values)
    return bytes(changed)


ARCHIVE = zipped()
LYING = {
    "cut": (ARCHIVE[:-30], r"has no directory at its end"),
    "cut at the start": (ARCHIVE[1:], r"directory of the ZIP archive is at bytes"),
    "something before it": (b"#!/bin/sh\n" + ARCHIVE, r"directory of the ZIP archive is at bytes"),
    "something after it": (ARCHIVE + bytes(70_000), r"has no directory at its end"),
    "several disks": (end(ARCHIVE, 4, "<H", 1), r"one part of a ZIP archive in several: join its parts"),
    "many members": (end(ARCHIVE, 10, "<H", 9), r"entry 3 of the ZIP archive's directory is damaged|ends too early"),
    "few members": (end(ARCHIVE, 10, "<H", 2), r"directory has \d+ bytes more than its entries"),
    "offset": (end(ARCHIVE, 16, "<L", 5), r"directory of the ZIP archive is at bytes"),
    "size": (end(ARCHIVE, 12, "<L", 2**31), r"has 3 members, and 100,000 are the most|directory of"),
    "encrypted": (entry(ARCHIVE, 0, 8, "<H", 1), r"is encrypted or packed by method 0: save it again without a password"),
    "method": (entry(ARCHIVE, 0, 10, "<H", 14), r"is encrypted or packed by method 14"),
    "sizes": (entry(ARCHIVE, 0, 24, "<L", 9), r"'a/data.pkl' is stored in 150 bytes, and has 9"),
    "too long": (entry(ARCHIVE, 2, 20, "<2L", 10_000, 10_000), r"'é' ends at byte \S+, in the directory"),
    "overlap": (entry(ARCHIVE, 0, 20, "<2L", 400, 400), r"overlaps another one"),
    "another's place": (entry(ARCHIVE, 1, 42, "<L", 0), r"member 'a/data/0' of the ZIP archive should begin at byte 0"),
    "no place": (entry(ARCHIVE, 1, 42, "<L", 2**31), r"should begin at byte 2,147,483,648"),
    "name beyond": (entry(ARCHIVE, 2, 28, "<H", 60_000), r"is damaged"),
    "twice": (zipped([("a", b"1"), ("b", b"2"), ("a", b"3")]), r"1 names of the ZIP archive stand in it twice"),
}  # fmt: skip


@pytest.mark.parametrize(("archive", "message"), LYING.values(), ids=LYING)
def test_a_directory_that_lies_is_refused(members, archive, message):
    with pytest.raises(ModelFileError, match=message):
        members(archive)


def test_one_member_that_stands_for_many_is_refused(members):
    """As in Fifield's bomb: entries of the directory share the same packed bytes."""
    archive = zipped({"a": b"x" * 1_000, "b": b"y" * 1_000})
    places = [place for place in range(len(archive)) if archive.startswith(b"PK\1\2", place)]
    first = archive[places[0] : places[1]]
    changed = archive[: places[0]] + first + first + archive[archive.rindex(b"PK\5\6") :]
    with pytest.raises(ModelFileError, match=r"overlaps another one"):
        members(changed)


def test_too_many_members_are_refused_before_they_are_read(members):
    end_of_many = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 30_000_000, 0, 0)
    with pytest.raises(ModelFileError, match=rf"and {MOST_MEMBERS:,} are the most: save it in several files"):
        members(end_of_many)


def test_a_member_that_is_not_what_was_written_is_noticed(members):
    wrong = entry(zipped(method=zipfile.ZIP_DEFLATED), 0, 16, "<L", 7)
    file, found = members(wrong)
    with pytest.raises(ModelFileError, match=r"unpacks to other bytes than it should"):
        unpacked(file, found["a/data.pkl"])
    for n_bytes in (149, 151):
        file, found = members(entry(zipped(method=zipfile.ZIP_DEFLATED), 0, 24, "<L", n_bytes))
        with pytest.raises(ModelFileError, match=r"unpacks to other bytes than it should"):
            unpacked(file, found["a/data.pkl"])
    file, found = members(entry(ARCHIVE, 0, 16, "<L", 7))
    with pytest.raises(ModelFileError, match=r"has other bytes than were written"):
        check_checksum(file, found["a/data.pkl"])
