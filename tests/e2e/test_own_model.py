"""A reader opens a checkpoint of their own; nobody else can, and it goes with the tab."""

import json
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

import embedcore
from embedcore.cache import cache_folder
from tests.e2e.conftest import settle
from tests.e2e.reader import says
from tests.families.committed import case

pytestmark = pytest.mark.e2e


def folders(server):
    """Return the private folders of a server: beside them lie those of other servers of this user."""
    return sorted((cache_folder() / "own").glob(f"{server.process.pid}-*"))


def test_a_reader_opens_a_checkpoint_that_nobody_else_can_open(browser, server, tmp_path):
    folder = case("llama").write(tmp_path)
    weights = (folder / "model.safetensors").rename(folder / "my-llama.safetensors")
    (folder / "config.json").write_text('{"model_type": "no-such-family"}')
    shown = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    shown.set_default_timeout(60_000)
    shown.goto(server.url)
    settle(shown)
    shown.get_by_role("button", name="Your own model").click()
    dialog = shown.get_by_test_id("stDialog")
    dialog.locator("input[type=file]").set_input_files([folder / "config.json", weights])
    dialog.get_by_text("my-llama.safetensors").wait_for()
    shown.wait_for_timeout(1_500)  # both have arrived
    dialog.get_by_test_id("stBaseButton-primary").click()
    dialog.get_by_text("Which of these tensors holds one row for each token?").wait_for(timeout=60_000)
    assert dialog.locator(".st-key-own_candidate input").input_value() == "model.embed_tokens.weight"
    dialog.get_by_role("button", name="Open with this table").click()
    dialog.get_by_text("the files do not hold it").wait_for(timeout=60_000)
    dialog.get_by_text("If the files do not say it").click()
    shown.wait_for_timeout(500)  # it unfolds
    dialog.locator(".st-key-own_tokenizer input").fill("toy")
    shown.keyboard.press("Enter")
    shown.wait_for_timeout(1_500)  # the server has it
    dialog.get_by_test_id("stBaseButton-primary").click()
    dialog.get_by_role("button", name="Open with this table").click(timeout=60_000)
    dialog.wait_for(state="detached", timeout=60_000)
    shown.wait_for_url("**model=*")
    name = shown.url.split("model=")[1].split("&")[0]
    with shown.expect_download() as event:
        shown.get_by_role("button", name=f"Download {name}.onnx").click()
    event.value.save_as(tmp_path / "mine.onnx")
    table = next(v for k, v in load_file(weights).items() if k.endswith("embed_tokens.weight"))
    np.testing.assert_array_equal(embedcore.open_model(tmp_path / "mine.onnx", provider="cpu").table, table)
    assert len(folders(server)) == 1
    shown.get_by_role("button", name="Copy link").click()
    shown.get_by_text("it is a file of yours").wait_for()
    shown.keyboard.press("Escape")
    for page in ("map", "neighbors", "audit"):
        shown.get_by_role("link", name=page.capitalize(), exact=True).click()
        shown.wait_for_url(f"**/{page}*")
        says(shown, f"{name}.onnx")
        assert shown.get_by_test_id("stException").count() == 0

    other = browser.new_context().new_page()
    other.goto(f"{server.url}/?model={name}")
    says(other, "which is not known here")
    assert other.request.get(f"{server.url}/api/models/{name}.onnx").status == 404
    assert other.request.get(f"{server.url}/api/tables/{name}.npy").status == 404
    assert name not in json.dumps(other.request.get(f"{server.url}/api/health").json())
    other.context.close()

    shown.context.close()
    deadline = time.monotonic() + 20
    while folders(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert folders(server) == []
    assert name not in server.output()
