"""The code that a page shows runs beside the files that a reader downloads from the server."""

import re
import tomllib
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.pages.test_snippets import run
from tests.serving import serve

pytestmark = pytest.mark.e2e
THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def rgb(color):
    """Return a color #rrggbb as the browser writes it."""
    return f"rgb({', '.join(str(part) for part in bytes.fromhex(color.removeprefix('#')))})"


def test_the_code_runs_beside_the_files_of_the_server(open_page, tmp_path, monkeypatch):
    with serve(tmp_path / "log.txt", base="/demo", STREAMLIT_SERVER_BASE_URL_PATH="demo") as server:
        path = "/positions?model=toy&text=fox+jumps+over+dog&view=Formula+and+code&schemes=alibi&heads=1"
        page = open_page(path, url=server.url)
        link = page.get_by_role("link", name="Download toy.onnx")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            expect(link).to_have_css("color", rgb(THEME[scheme]["textColor"]))
        with page.expect_download() as event:
            link.click()
        assert event.value.suggested_filename == "toy.onnx"
        event.value.save_as(tmp_path / "toy.onnx")
        page.get_by_role("tab", name="ONNX Runtime").click()
        code = page.locator("[data-testid=stCode]:visible").first.inner_text()
        addresses = dict(re.findall(r"^# (\S+\.onnx): (\S+)$", code, re.M))
        assert addresses["toy.onnx"] == f"{server.url}/api/models/toy.onnx"
        assert len(addresses) > 1
        for name, address in addresses.items():
            if not (tmp_path / name).exists():
                urllib.request.urlretrieve(address, tmp_path / name)
    names = run(code, tmp_path, monkeypatch)
    assert names["scores"].shape == (1, 4, 4)
    assert np.isfinite(names["scores"]).all()
