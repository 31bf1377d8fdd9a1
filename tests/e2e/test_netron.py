"""Netron, the viewer that people open ONNX files with, draws ours."""

import shutil
import subprocess

import onnx
import pytest
from playwright.sync_api import expect

from embedcore.model.catalog import MODELS_FOLDER
from tests.external.environments import python

pytestmark = [pytest.mark.external, pytest.mark.e2e]


def test_a_viewer_draws_every_operator(tmp_path, browser):
    """netron's server in its own environment, and its page in the browser."""
    path = tmp_path / "toy.onnx"
    shutil.copy(MODELS_FOLDER / "toy.onnx", path)
    code = f"import netron; print(netron.start({str(path)!r}, address=('127.0.0.1', 0), browse=False)[1], flush=True); netron.wait()"
    server = subprocess.Popen(
        [python("converters"), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = next(
            word for word in (line.strip().rsplit(":", 1)[-1].strip("/") for line in server.stdout) if word.isdigit()
        )
        page = browser.new_page()
        page.route(
            lambda url: "127.0.0.1" not in url, lambda route: route.fulfill(json={"country": "US"})
        )  # it asks where it is
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("svg").first).to_contain_text("Identity", timeout=30_000)
        drawn = page.locator("svg").first.text_content()
        for node in onnx.load(path).graph.node:
            assert node.op_type in drawn
        page.close()
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
