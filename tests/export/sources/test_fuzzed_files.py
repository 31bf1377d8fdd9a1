"""Files of tables with something changed at random: each is read right, or is a ModelFileError; never a third thing.

The work is done in processes with a bound on memory and time, so that a file which gets past the checks shows.
"""

import pytest
import safetensors.numpy

from tests.export.sources.fuzz import KINDS, TABLE
from tests.hostile.bounded import bounded

CODE = "import sys; from tests.export.sources.fuzz import main; [main(kind, *sys.argv[2:]) or print() for kind in sys.argv[1].split(',')]"


def tried(folder, kinds, seed, n_files):
    """Try files of some kinds, and return how many were read, refused and tried, kind by kind."""
    safetensors.numpy.save_file({"wte": TABLE}, folder / "a.safetensors")
    safetensors.numpy.save_file({"wpe": TABLE[:2]}, folder / "b.safetensors")
    (folder / "config.json").write_text('{"model_type": "llama"}')
    done = bounded(CODE, ",".join(kinds), str(seed), str(n_files), str(folder))
    assert done.returncode == 0, f"seed {seed}: {done.stdout[-2_000:]}{done.stderr[-4_000:]}"
    for kind, line in zip(kinds, done.stdout.split("\n"), strict=False):
        counts = {name: int(count) for name, count in (part.split("=") for part in line.split())}
        assert counts["read"] + counts["refused"] == counts["tried"] == n_files, kind
        assert min(counts["read"], counts["refused"]) > n_files / 100, f"{kind}: {line}"
        assert counts["longest"] < 1_000, f"{kind}: {line}"  # bytes of a message, whatever the file says


@pytest.mark.parametrize("kinds", [list(KINDS)[:3], list(KINDS)[3:]], ids=["checkpoints", "tables"])
def test_some_hundred_fuzzed_files_of_every_kind_are_read_or_refused(tmp_path, kinds):
    tried(tmp_path, kinds, 0, 200)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_fuzzed_files_are_read_or_refused(tmp_path, kind):
    n_files = 250 if kind == "sentencepiece" else 1_000  # that many in the minute of a process
    for seed in range(1, 10_000 // n_files + 1):
        tried(tmp_path, [kind], seed, n_files)
