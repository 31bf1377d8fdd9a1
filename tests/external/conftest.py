"""The cases that every runtime and every converter is tried with."""

import os
from pathlib import Path

import pytest

from tests.external.cases import case_folder


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all cases, which the workers of one session share."""
    base = tmp_path_factory.getbasetemp()
    return case_folder(base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base)
