"""Where other runtimes and tools are installed, and how they are run: each in an environment of its own.

The Makefile installs NAME.txt of this folder into `.venv/external/NAME`; the app's own environment has none of them.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".venv" / "external"


def python(name: str) -> Path:
    """Return the Python of an environment; where there is none, skip the test, but fail it in the gate."""
    path = ENVIRONMENTS / name / "bin" / "python"
    if not path.exists():
        message = f"no environment {name}: make .venv/external/{name}.stamp"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def run(*command: object) -> str:
    """Run a command to its end; what it says is shown where it fails."""
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


def answer_of(name: str, folder: Path) -> Path:
    """Run every case of `folder` in the environment `name`, and return the path of its answer."""
    answer = folder.parent / f"{name}.json"
    script = "run_openvino.py" if name == "openvino" else "run_onnxruntime.py"
    run(python(name), HERE / script, folder, answer)
    return answer
