"""A reader downloads the vectors of the text and reads back what the model gives; no log and no address has the text."""

import numpy as np
import pytest

import embedcore

pytestmark = pytest.mark.e2e
TEXT = "xyzzy plugh"


def test_the_vectors_of_the_text_come_as_numpy_arrays(open_page, server, tmp_path):
    shown = open_page("/?model=smollm2-135m")
    box = shown.get_by_role("textbox", name="Text").first
    box.fill(TEXT)
    box.press("Control+Enter")
    shown.get_by_text("plugh").first.wait_for()
    shown.get_by_role("button", name="Download these vectors").click()
    addresses = []
    shown.on("request", lambda request: addresses.append(request.url))
    with shown.expect_download() as event:
        shown.get_by_role("button", name="NumPy arrays (.npz)").click()
    assert event.value.suggested_filename == "smollm2-135m-text.npz"
    event.value.save_as(tmp_path / "text.npz")
    model = embedcore.open_model("smollm2-135m", provider="cpu")
    layer = model.run(model.tokenizer.encode(TEXT).token_ids)
    with np.load(tmp_path / "text.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["token_ids"], layer.token_ids)
        for name in ("token_embeddings", "input_embeddings"):
            np.testing.assert_array_equal(arrays[name].view(np.uint32), getattr(layer, name).view(np.uint32))
    assert not [address for address in addresses if "xyzzy" in address]
    assert "xyzzy" not in server.output()
