"""GGUF files with something changed at random, and what must come of each; run as a process of its own (test_gguf_fuzz)."""

import random
import struct
import sys
from pathlib import Path

from embedcore.errors import ModelFileError
from export.sources.gguf import open_gguf
from tests.fuzz import INTERESTING, changed_bytes
from tests.gguf_files import entry, key, raw_gguf, text

_SIZES = (
    *(0, 1, 2, 3, 4, 8, 31, 32, 33, 64, 255, 256, 2**16, 2**20, 2**31 - 1, 2**31, 2**32 - 1, 2**32),
    *(2**40, 2**58, 2**61, 2**62, 2**63 - 1, 2**63, 2**64 - 1),
)


def main(first: str, n_files: str, folder: str) -> None:
    """Try files and print how many opened and how many were refused; any other outcome is a traceback."""
    opened = refused = longest = 0
    path = Path(folder) / "fuzzed.gguf"
    for seed in range(int(first), int(first) + int(n_files)):
        draw = random.Random(f"gguf {seed}")
        content = draw.choice((_changed_file, _lying_file, _changed_number))(draw)
        path.write_bytes(content)
        try:
            _use(path)
            opened += 1
        except ModelFileError as error:
            refused += 1
            longest = max(longest, len(str(error).encode()))
        except BaseException:
            (Path(folder) / f"failed-gguf-{seed}").write_bytes(content)
            raise
    sys.stdout.write(f"tried={n_files} opened={opened} refused={refused} longest={longest}")


def _use(path: Path) -> None:
    """Open a file, and read each tensor that can be read: its shape is what the header says."""
    source = open_gguf(path)
    for name, info in source.tensors.items():
        try:
            values = source.read(name)
            blocks = source.read_blocks(name)
        except ModelFileError:
            continue
        assert values.shape == info.shape
        assert blocks is None or blocks.values.shape == (info.shape[0], info.shape[1] // 32, 32)
    assert all(isinstance(name, str) for name in source.config["gguf"])
    source.close()


def _sound_file() -> bytes:
    keys = [
        key("general.architecture", 8, text("llama")),
        key("llama.embedding_length", 4, struct.pack("<I", 64)),
        key("llama.rope.freq_base", 6, struct.pack("<f", 1e4)),
        key("a.truth", 7, b"\1"),
        key("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 3) + text("a") + text("é") + text("")),
        key("tokenizer.ggml.token_type", 9, struct.pack("<IQ3i", 5, 3, 1, 1, 3)),
        key("nested", 9, struct.pack("<IQ", 9, 1) + struct.pack("<IQ2B", 0, 2, 1, 2)),
    ]
    entries = [
        entry("token_embd.weight", (64, 3), 8, 0),
        entry("blk.0.attn_q.weight", (32, 2), 3, 224),
        entry("blk.0.attn_norm.weight", (8,), 0, 288),
        entry("half.weight", (4, 4), 1, 320),
    ]
    return raw_gguf(keys, entries, bytes(range(256)) + bytes(range(96)))


def _changed_file(draw: random.Random) -> bytes:
    return changed_bytes(draw, _sound_file())


def _changed_number(draw: random.Random) -> bytes:
    """Put an interesting number over four or eight bytes, one to three times."""
    content = bytearray(_sound_file())
    for _ in range(draw.randint(1, 3)):
        code, size = draw.choice((("<I", 4), ("<Q", 8)))
        at = draw.randrange(4, len(content) - size)
        content[at : at + size] = struct.pack(code, draw.choice((*_SIZES, *INTERESTING)) % 2 ** (8 * size))
    return bytes(content)


def _lying_file(draw: random.Random) -> bytes:
    """Make a header of random parts: names, types, sizes, counts and places that may be anything."""

    def size() -> int:
        return draw.choice(_SIZES)

    name = draw.choice(("token_embd.weight", "", "x" * 600, b"\xff\xfe", "a\nb", "../../x"))
    values = (
        struct.pack("<Q", size()) + b"abc",
        struct.pack("<IQ", draw.randrange(14), size()) + bytes(16),
        struct.pack("<IQ", 9, 1) * draw.choice((2, 5, 5_000)),
        struct.pack("<I", size() % 2**32),
        text("x" * 10_000),
    )
    keys = [key(name, draw.randrange(15), draw.choice(values)) for _ in range(draw.randrange(3))]
    if draw.random() < 0.3:
        keys.append(key("general.alignment", draw.choice((4, 10)), struct.pack("<Q", size())))
    if draw.random() < 0.3:
        keys.append(key("split.count", 2, struct.pack("<H", size() % 2**16)))
    entries = [
        entry(
            draw.choice(("token_embd.weight", "b", name)),
            [size() for _ in range(draw.choice((0, 1, 2, 2, 3, 4, 5, 40)))],
            draw.choice((0, 1, 2, 3, 4, 8, 12, 30, 39, 41, 99, 2**32 - 1)),
            draw.choice((0, 32, 64, *_SIZES)),
        )
        for _ in range(draw.randrange(4))
    ]
    counts = {"n_keys": size(), "n_tensors": size()} if draw.random() < 0.3 else {}
    return raw_gguf(
        keys, entries, bytes(draw.choice((0, 64, 4_096))), version=draw.choice((1, 2, 3, 3, 3, 4, 2**24 * 3)), **counts
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
