"""tiktoken's vocabulary files, without a network: shipped in `tokens/data`, checked against tiktoken's own sha256.

tiktoken looks for a file by the sha1 of its address in a cache folder, and downloads what is not there. We put the
files there first: into `TIKTOKEN_CACHE_DIR` (or `DATA_GYM_CACHE_DIR`) where it is set, else into our own cache folder.
A damaged file in the user's folder is named and left alone; in our own folder it is written again.
"""

import base64
import gzip
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embedcore.cache import cache_folder, write_atomically
from embedcore.errors import TokenizationError

if TYPE_CHECKING:
    import tiktoken

DATA: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class VocabularyFile:
    """One file as tiktoken caches it: `cache_name` is the sha1 of its address, `sha256` what tiktoken expects."""

    cache_name: str
    sha256: str
    shipped: str | None  # the name in embedcore/tokens/data; None: rebuilt from gpt2's two files


_BPE = VocabularyFile(
    "6d1cbeee0f20b3d9449abfede4726ed8212e3aee",
    "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    "vocab.bpe.gz",
)
_ENCODER = VocabularyFile(
    "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",
    "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "encoder.json.gz",
)
_R50K = VocabularyFile(
    "0ea1e91bbb3a60f729a8dc8f777fd2fc07cd8df4",
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    None,
)
_P50K = VocabularyFile(
    "ec7223a39ce59f226a68acc30dc1af2788490e15",
    "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    None,
)
_CL100K = VocabularyFile(
    "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "cl100k_base.tiktoken.gz",
)
_O200K = VocabularyFile(
    "fb374d419588a4632f3f557e76b4b70aebbca790",
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "o200k_base.tiktoken.gz",
)
FILES: Final = {
    "gpt2": (_BPE, _ENCODER),
    "r50k_base": (_R50K,),
    "p50k_base": (_P50K,),
    "p50k_edit": (_P50K,),
    "cl100k_base": (_CL100K,),
    "o200k_base": (_O200K,),
    "o200k_harmony": (_O200K,),  # the tokens of o200k_base, and names for special ones up to 201,087
}
_P50K_SPACES: Final = range(2, 26)  # p50k_base is r50k_base and runs of 2 to 25 spaces, from id 50257

_lock = threading.RLock()


def load_encoding(name: str) -> "tiktoken.Encoding":
    """Return tiktoken's encoding `name`, one of `FILES`, without any network.

    Raises TokenizationError if a file in the cache folder is damaged or cannot be written, with the remedy.
    """
    import tiktoken  # costs 0.1 s, which an import of embedcore does not owe

    with _lock, _cache_directory() as (folder, is_ours):
        for file in FILES[name]:
            _ensure(folder, file, is_ours=is_ours)
        return tiktoken.get_encoding(name)


@contextmanager
def _cache_directory() -> Iterator[tuple[Path, bool]]:
    """Yield the folder tiktoken reads, and whether it is ours; for this time only, name ours where the user named none.

    WARNING: an empty TIKTOKEN_CACHE_DIR hides DATA_GYM_CACHE_DIR from tiktoken, and would send it to the network.
    """
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    named = os.environ.get("DATA_GYM_CACHE_DIR") if before is None else before
    if named:
        yield Path(named), False
        return
    folder = cache_folder() / "tiktoken"
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        yield folder, True
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def _ensure(folder: Path, file: VocabularyFile, *, is_ours: bool) -> None:
    """Put `file` into `folder` if it is not there. WARNING: tiktoken deletes a damaged file and goes to the network."""
    path = folder / file.cache_name
    digest = _digest(path)
    if digest == file.sha256:
        return
    if digest is not None and not is_ours:
        msg = (
            f"the vocabulary file {path} has sha256 {digest[:12]}…, but {file.sha256[:12]}… is expected: "
            "delete it, or point TIKTOKEN_CACHE_DIR elsewhere"
        )
        raise TokenizationError(msg)
    content = _content(file)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        msg = (
            f"the shipped vocabulary {file.shipped or file.cache_name} has sha256 {digest[:12]}…, but "
            f"{file.sha256[:12]}… is expected: install embedcore again"
        )
        raise TokenizationError(msg)
    try:
        write_atomically(path, content)
    except OSError as error:
        msg = f"the vocabulary cannot be written to {folder} ({error.strerror}): set TIKTOKEN_CACHE_DIR elsewhere"
        raise TokenizationError(msg) from error


def _digest(path: Path) -> str | None:
    """Return the sha256 of what is at `path`; None if nothing is."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):  # the second: the named folder is a file; writing there says so
        return None
    except OSError as error:
        msg = f"the vocabulary file {path} cannot be read ({error.strerror}): point TIKTOKEN_CACHE_DIR elsewhere"
        raise TokenizationError(msg) from error


def _content(file: VocabularyFile) -> bytes:
    if file.shipped is not None:
        return gzip.decompress((DATA / file.shipped).read_bytes())
    ranks = {token: rank for token, rank in load_encoding("gpt2")._mergeable_ranks.items() if rank < 50256}
    if file is _P50K:
        ranks |= {b" " * n: 50257 + n - 2 for n in _P50K_SPACES}
    ordered = sorted(ranks.items(), key=lambda item: item[1])
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ordered)
