"""Files with something changed at random: each opens and keeps the contract, or is a ModelFileError; never a third thing.

The work is done in processes with a bound on memory and time, so that a file which gets past the checks shows.
"""

import pytest

from tests.hostile.bounded import bounded


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 9), marks=pytest.mark.long)], ids=["some", "many"])
@pytest.mark.parametrize("kind", ["bytes", "fields", "map", "table"])
def test_every_fuzzed_file_opens_or_is_refused(tmp_path, kind, seeds):
    for seed in seeds:
        done = bounded("import sys; from tests.fuzz import main; main(*sys.argv[1:])", kind, str(seed), str(tmp_path))
        assert done.returncode == 0, f"seed {seed}: {done.stdout[-2_000:]}{done.stderr[-2_000:]}"
        counts = dict(part.split("=") for part in done.stdout.split())
        assert int(counts["refused"]) > 0
        assert int(counts["refused"]) + int(counts["opened"]) == int(counts["tried"])
        assert int(counts["longest"]) < 5_000  # bytes of a message, whatever the file says
