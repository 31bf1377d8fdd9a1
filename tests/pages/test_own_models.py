"""A reader's own models: what is shown is of the file that is there now, under a name that the reader knows."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedcore.model.conversion import Conversion


def brings() -> None:
    """Take two files one after the other under one name, and say what is wanted of names and paths."""
    import io
    import os
    import shutil

    import streamlit as st

    from embedcore.errors import ModelFileError
    from pages.shared import own_models, services
    from pages.views.overview import own_file

    own = own_models.session()
    for which in ("1", "2"):
        file = own.folder / "mine.onnx"
        shutil.copyfile(f"{os.environ['OWN_FILES']}/{which}.onnx", file)
        own_models.take("mine", file)
        st.session_state["model"] = "mine"
        st.text(f"{services.model('mine', 'auto').table[0, 0]:.0f}")
        own_models.forget("mine")
    sent = [io.BytesIO(b"{}"), io.BytesIO(b"x")]
    sent[0].name, sent[1].name = "config.json", "words.safetensors"  # type: ignore[attr-defined]
    st.text(own_file._name_of(own_file._stored(sent, own.folder / "sent"), sent))
    try:
        own_file._at("~nobody-of-this-name/words")
    except ModelFileError as error:
        st.text(str(error))


@pytest.mark.usefixtures("own_cache")
def test_a_deleted_file_is_not_shown_in_place_of_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for which in (1, 2):
        np.save(tmp_path / "table.npy", np.full((6, 4), which, np.float32))
        conversion = Conversion(tmp_path / "table.npy", tmp_path / f"{which}.onnx", name="mine", tokenizer="toy")
        conversion._watcher.join(60)
        assert conversion.progress.is_done, conversion.progress
    monkeypatch.setenv("OWN_FILES", str(tmp_path))
    app = AppTest.from_function(brings, default_timeout=60).run()
    assert not app.exception
    first, second, name, refusal = (text.value for text in app.text)
    assert (first, second, name) == ("1", "2", "words")
    assert "write the whole path" in refusal
