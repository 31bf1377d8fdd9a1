"""The folder of a checkpoint: which files may be read from it, and the small ones among them."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from embedcore.errors import ModelFileError
from embedcore.files.json_text import json_object
from embedcore.files.plain import read_file
from export.sources.broken import broken, shortened
from export.sources.json_size import check_json_size

LARGEST_SMALL_FILE: Final = 128_000_000  # bytes; the largest tokenizer.json of a model today has 34 MB
LARGEST_JSON: Final = 25_000_000  # bytes of a config.json or an index: what is made of them takes a multiple of that
_CACHE_PREFIX: Final = "models--"  # a hub's cache: models--OWNER--NAME/snapshots/REVISION/FILE → ../../blobs/SHA


class Folder:
    """A folder as `save_pretrained` leaves it, or a revision in a hub's cache, whose files are links into its blobs.

    A link is followed where it stays within the folder, or, in a hub's cache, within the cache of this model. One that
    leads elsewhere is refused: what is copied or unpacked from a stranger must not name files of this machine.
    """

    def __init__(self, path: Path) -> None:
        """Take the folder at `path`; the way there may be a link, for it is the reader's own."""
        self.path = path.resolve()
        parents = self.path.parents
        in_cache = len(parents) > 1 and parents[0].name == "snapshots" and parents[1].name.startswith(_CACHE_PREFIX)
        self._bound = parents[1] if in_cache else self.path

    def names(self) -> list[str]:
        """Return the names of the files and folders, sorted. Raises ModelFileError if it cannot be listed."""
        try:
            return sorted(entry.name for entry in self.path.iterdir())
        except OSError as error:
            fault = f"the folder cannot be listed ({error.strerror})"
            raise broken(self.path.name, fault, "check its path and its permissions") from error

    def file(self, name: str) -> Path:
        """Return the path of a file of this folder, there or not.

        Raises ModelFileError if the name leads out of the folder, or the file is a link to a place outside.
        """
        plain = {name, PurePosixPath(name).name, PureWindowsPath(name).name}
        if len(plain) > 1 or name in {"", ".", ".."} or "\0" in name:
            fault = f"the file {shortened(name)!r} that it names is no plain name in the same folder"
            raise broken(self.path.name, fault, "fetch or save the model again")
        path = self.path / name
        try:
            end = path.resolve()
        except (OSError, RuntimeError) as error:  # links in a circle
            raise broken(name, "it is a link that leads nowhere", "copy the file itself into the folder") from error
        if not end.is_relative_to(self._bound):
            fault = "it is a link to a file outside of the model's folder"
            raise broken(name, fault, "copy the file itself into the folder, or open that file by its own path")
        return path

    def small_file(self, name: str, most: int = LARGEST_SMALL_FILE) -> bytes | None:
        """Return the bytes of a file, None if there is none. Raises ModelFileError if it has more than `most`."""
        try:
            return read_file(self.file(name), most=most)
        except FileNotFoundError:
            return None

    def json_object(self, name: str) -> Mapping[str, Any] | None:
        """Return the JSON object in a file, None if there is no such file. Raises ModelFileError if it is broken."""
        content = self.small_file(name, LARGEST_JSON)
        if content is None:
            return None
        check_json_size(name, content)
        try:
            return json_object(content.decode("utf-8-sig"), finite=False)
        except ValueError as error:
            raise broken(name, f"it is no JSON object ({shortened(error)})") from error


def snapshot(path: Path) -> Path:
    """Return the folder of files for a folder of a hub's cache: its revision `main`, or the only one; else `path`.

    Raises ModelFileError if there are several revisions and none is `main`.
    """
    revisions = path if path.name == "snapshots" else path / "snapshots"
    if not revisions.is_dir() or not revisions.resolve().parent.name.startswith(_CACHE_PREFIX):
        return path
    try:
        main = read_file(revisions.parent / "refs" / "main", most=200).decode().strip()
    except (FileNotFoundError, UnicodeDecodeError, ModelFileError):
        main = ""
    names = sorted(entry.name for entry in revisions.iterdir())
    if main in names:
        return revisions / main
    if len(names) != 1:
        fault = f"its snapshots are {', '.join(map(shortened, names[:5])) or 'none'}, and refs/main says none of them"
        raise broken(path.name, fault, "give the path of one of them")
    return revisions / names[0]
