"""The members of a ZIP archive by its directory: where the bytes of each lie in the file, and what they are unpacked.

Only what PyTorch and numpy write is read: one disk, no password, stored or deflated, names once each, members that do
not overlap. Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3 (ZIP64).
"""

import mmap
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile

STORED: Final = 0
DEFLATED: Final = 8
MOST_MEMBERS: Final = 100_000
MOST_DIRECTORY_BYTES: Final = 25_000_000
_END: Final = struct.Struct("<4s4H2LH")  # signature, disks, entries, size and offset of the directory, comment
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_MOST_COMMENT: Final = 65_535
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFF_FFFF  # "look into the ZIP64 record"
_ENCRYPTED: Final = 1
_AT_ONCE: Final = 2**20  # bytes that are unpacked at a time
_ZIP64_FIELD: Final = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its name, how it is packed, where its `n_packed` bytes begin, and how many they are unpacked."""

    name: str
    method: int
    start: int
    n_packed: int
    n_bytes: int
    crc: int


def zip_members(file: MappedFile) -> Mapping[str, Member]:
    """Return name → member. Raises ModelFileError if the directory is damaged, lies, or has members that overlap."""
    try:
        offset, n_bytes, n_members = _directory(file)
        members = _members(file, offset, n_bytes, n_members)
    except struct.error as error:
        raise broken(file.name, "the directory of the ZIP archive ends too early") from error
    end = 0
    for member in sorted(members, key=lambda member: (member.start, member.n_packed)):
        if member.start < end:
            raise broken(file.name, f"member {shortened(member.name)!r} of the ZIP archive overlaps another one")
        end = member.start + member.n_packed
    if end > offset:
        raise broken(file.name, "a member of the ZIP archive overlaps its directory")
    by_name = {member.name: member for member in members}
    if len(by_name) < len(members):
        raise broken(file.name, f"{len(members) - len(by_name)} names of the ZIP archive stand in it twice")
    return by_name


def unpacked(file: MappedFile, member: Member) -> MappedFile:
    """Return the bytes of a deflated member in memory. Raises ModelFileError if they are damaged, or fewer or more.

    What the directory says of the size is the most that is made: check it before.
    """
    if not member.n_bytes:
        raise broken(file.name, f"member {shortened(member.name)!r} is empty")
    pages, unpacker, checksum, n_made = mmap.mmap(-1, member.n_bytes), zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
    try:
        for begin in range(member.start, member.start + member.n_packed, _AT_ONCE):
            packed = file.content(begin, min(begin + _AT_ONCE, member.start + member.n_packed))
            while packed:
                some = unpacker.decompress(packed, _AT_ONCE)
                n_made += len(some)
                if n_made > member.n_bytes or not (some or unpacker.unconsumed_tail):
                    break
                pages.write(some)
                checksum = zlib.crc32(some, checksum)
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise broken(file.name, f"member {shortened(member.name)!r} cannot be unpacked") from error
    if n_made != member.n_bytes or checksum != member.crc:
        raise broken(file.name, f"member {shortened(member.name)!r} unpacks to other bytes than it should")
    return MappedFile(file.name, pages, is_held=True)


def check_checksum(file: MappedFile, member: Member) -> None:
    """Raise ModelFileError if the bytes of a stored member are not those that were written."""
    checksum, end = 0, member.start + member.n_packed
    for begin in range(member.start, end, _AT_ONCE):
        after = min(begin + _AT_ONCE, end)
        checksum = zlib.crc32(file.content(begin, after), checksum)
        file.forget(begin, after)
    if checksum != member.crc:
        raise broken(file.name, f"member {shortened(member.name)!r} has other bytes than were written")


def _directory(file: MappedFile) -> tuple[int, int, int]:
    """Return where the directory begins, its size in bytes, and how many members it names."""
    first = max(0, file.n_bytes - _END.size - _MOST_COMMENT)
    tail = file.content(first, file.n_bytes)
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        raise broken(file.name, "it begins as a ZIP archive, and has no directory at its end")
    _, disk, other_disk, _, n_members, n_bytes, offset, _ = _END.unpack_from(tail, at)
    after = first + at  # where the directory should end
    if after >= _LOCATOR.size:
        signature, _, place, _ = _LOCATOR.unpack(file.content(after - _LOCATOR.size, after))
        if signature == b"PK\6\7":
            record = _END_64.unpack(file.content(place, place + _END_64.size))
            signature, _, _, _, disk, other_disk, _, n_members, n_bytes, offset = record
            after = place
            if signature != b"PK\6\6":
                raise broken(file.name, f"the ZIP64 record should be at byte {place:,}, and is not there")
    if disk or other_disk:
        raise broken(file.name, "it is one part of a ZIP archive in several", "join its parts")
    if n_members > MOST_MEMBERS or n_bytes > MOST_DIRECTORY_BYTES:
        fault = f"the ZIP archive has {n_members:,} members, and {MOST_MEMBERS:,} are the most"
        raise broken(file.name, fault, "save it in several files")
    if offset + n_bytes != after:
        fault = (
            f"the directory of the ZIP archive is at bytes {offset:,} to {offset + n_bytes:,}, and ends at {after:,}"
        )
        raise broken(file.name, fault)
    return offset, n_bytes, n_members


def _members(file: MappedFile, offset: int, n_bytes: int, n_members: int) -> list[Member]:
    directory = file.content(offset, offset + n_bytes)
    members: list[Member] = []
    at = 0
    for _ in range(n_members):
        entry = _ENTRY.unpack_from(directory, at)
        signature, flags, method, n_packed, n_unpacked = entry[0], entry[3], entry[4], entry[8], entry[9]
        n_name, n_extra, n_comment, local = entry[10], entry[11], entry[12], entry[16]
        at += _ENTRY.size
        name_bytes, extra = directory[at : at + n_name], directory[at + n_name : at + n_name + n_extra]
        at += n_name + n_extra + n_comment
        if signature != b"PK\1\2" or at > len(directory):
            raise broken(file.name, f"entry {len(members)} of the ZIP archive's directory is damaged")
        name = name_bytes.decode("utf-8", "backslashreplace")
        if flags & _ENCRYPTED or method not in (STORED, DEFLATED):
            fault = f"member {shortened(name)!r} of the ZIP archive is encrypted or packed by method {method}"
            raise broken(file.name, fault, "save it again without a password or another packing")
        n_unpacked, n_packed, local = _wide(extra, n_unpacked, n_packed, local)
        if method == STORED and n_packed != n_unpacked:
            raise broken(
                file.name, f"member {shortened(name)!r} is stored in {n_packed:,} bytes, and has {n_unpacked:,}"
            )
        start = _start(file, name, name_bytes, local)
        if start + n_packed > offset:
            raise broken(file.name, f"member {shortened(name)!r} ends at byte {start + n_packed:,}, in the directory")
        members.append(Member(name, method, start, n_packed, n_unpacked, entry[7]))
    if at != n_bytes:
        raise broken(file.name, f"the ZIP archive's directory has {n_bytes - at:,} bytes more than its entries")
    return members


def _wide(extra: bytes, *numbers: int) -> list[int]:
    """Return the numbers, those that 32 bits could not hold from the ZIP64 field."""
    wide: list[int] = []
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64_FIELD:
            field = extra[at + 4 : at + 4 + size]
            wide = list(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
        at += 4 + size
    return [wide.pop(0) if number == _FULL_32 and wide else number for number in numbers]


def _start(file: MappedFile, name: str, name_bytes: bytes, local: int) -> int:
    """Return where a member's bytes begin: behind its own header, which has to have the same name."""
    header = file.content(local, local + _LOCAL.size)
    signature, n_name, n_extra = b"", 0, 0
    if len(header) == _LOCAL.size:
        signature, *_, n_name, n_extra = _LOCAL.unpack(header)
    name_start = local + _LOCAL.size
    if signature != b"PK\3\4" or file.content(name_start, name_start + n_name) != name_bytes:
        raise broken(file.name, f"member {shortened(name)!r} of the ZIP archive should begin at byte {local:,}")
    return name_start + n_name + n_extra
