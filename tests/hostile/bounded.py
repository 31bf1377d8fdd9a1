"""A process that may take so much memory and time and no more, for files that might take all of it."""

import resource
import subprocess
import sys

BOUND = 3_000_000_000  # bytes of address space for a process that opens a hostile file: imports alone map over 1 GB
SECONDS = 60  # importing takes a few of them on a busy machine


def bounded(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process that may take 3 GB and a minute."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (BOUND, BOUND))

    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=bound,
        check=False,
    )
