"""The folder that EMBEDCORE_MODELS names: its models are the app's, and a folder that is not there is reported."""

import shutil
import subprocess
import sys

import pytest

from embedcore.model import catalog
from tests.pages.apptest import ROOT, by_link, words
from tests.serving import variables


def test_the_pages_list_the_models_that_are_there_and_draw_one(tmp_path, monkeypatch):
    shutil.copy(catalog.MODELS_FOLDER / "toy.onnx", tmp_path / "mine.onnx")
    monkeypatch.setenv(catalog.VARIABLE, str(tmp_path))
    at = by_link(model="mine", text="fox")
    assert not at.exception
    assert not at.error, words(at)
    assert at.selectbox(key="model").options == [catalog.UNTRAINED, "mine"]
    assert at.selectbox(key="model").value == "mine"


def test_a_folder_that_is_not_there_is_told_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setenv(catalog.VARIABLE, str(tmp_path / "nowhere"))
    at = by_link("lookup.py", text="fox")
    assert not at.exception
    [error] = at.error
    assert "nowhere is not there: set it to a folder of" in error.value


@pytest.mark.parametrize("command", [("uvicorn", "app:app", "--port", "0"), ("streamlit", "run", "app.py")])
def test_a_server_without_its_folder_does_not_start_and_says_why(command, tmp_path):
    """A server that starts all the same does not end: the time-out fails the test."""
    environment = variables(EMBEDCORE_MODELS=str(tmp_path / "nowhere"), STREAMLIT_SERVER_PORT="18765")
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert f"EMBEDCORE_MODELS is '{tmp_path}/nowhere', and {tmp_path}/nowhere is not there: set it to a folder" in said
