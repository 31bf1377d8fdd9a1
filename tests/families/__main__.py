"""Make tiny random checkpoints of transformers' model types, and say what was captured of each.

python -m tests.families [NAME …] [-o FOLDER] [--commit]
"""

import argparse
import os
import resource
import signal
import sys
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.families.rows import names, row_of

ROOT: Final = Path(__file__).parents[2]
_MEMORY: Final = 6 << 30  # bytes of addresses that one case may take: a size that was left large is an error
_SECONDS: Final = 60


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", help="cases, such as llama or falcon+alibi; all by default")
    arguments.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "families")
    arguments.add_argument("--commit", action="store_true", help="write tests/families/cases too")
    given = arguments.parse_args()
    # Before the forks: once for all.
    import transformers

    import tests.families.committed
    import tests.families.files  # noqa: F401

    logging: Any = transformers.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    chosen = given.names or names()
    os.nice(5)
    with ThreadPoolExecutor(2) as pool:
        lines = list(pool.map(lambda name: _apart(name, given.output, given.commit), chosen))
    captured = sum(" | " in line for line in lines)
    sys.stdout.write("\n".join([*lines, f"{captured} of {len(lines)} cases captured, in {given.output}", ""]))


def _apart(name: str, output: Path, commit: bool) -> str:
    """Make a case in a process of its own, so that no other case suffers from it; return its line of the table."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        signal.alarm(_SECONDS)
        try:
            line = _made(name, output, commit)
        except BaseException as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            line = f"{name:24s} failed: {type(error).__name__}: {str(error)[:300]!r}, {Path(place.filename).name}:{place.lineno}"
        os.write(writing, line.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        line = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return line or f"{name:24s} failed: its process ended with status {status}"


def _made(name: str, output: Path, commit: bool) -> str:
    if row_of(name).cannot:
        return f"{name:24s} left out: {row_of(name).cannot}"
    import torch

    from tests.families.committed import pack
    from tests.families.files import leave_only_what_is_needed, make

    torch.set_num_threads(1)
    model, captured = make(name, output / name)
    heads = [tuple(each.shape) for each in (captured.queries, captured.keys) if each is not None]
    line = f"{name:24s} {type(model).__name__} | {captured.block} {tuple(captured.input_embeddings.shape)} | {heads} | {captured.how}"
    if commit:
        import shutil
        import tempfile

        with tempfile.TemporaryDirectory() as spare:
            small = Path(spare) / name
            shutil.copytree(output / name, small)
            needed = leave_only_what_is_needed(model, small, captured, row_of(name))
            size = pack(name, small)
        line += f" | {len(needed)} tensors, {size} bytes"
    return line


if __name__ == "__main__":
    main()
