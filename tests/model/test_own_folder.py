"""Private folders: nobody else's to read, gone with their process, and leftovers of a crashed one removed."""

import os
import subprocess
import sys

import pytest

from embedcore.model import own_folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(own_folder, "cache_folder", lambda: tmp_path)
    return tmp_path


def test_a_folder_is_this_users_alone_and_goes_with_the_process(cache):
    one, other = own_folder.new_own_folder(), own_folder.new_own_folder()
    assert one != other
    assert {folder.stat().st_mode & 0o777 for folder in (one, one.parent)} == {0o700}
    (one / "file").write_text("a reader's")
    own_folder.remove_own_folders()
    assert list((cache / "own").iterdir()) == []


def test_what_a_server_left_that_is_gone_is_removed_and_what_runs_is_kept(cache):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, running, odd = (cache / "own" / name for name in (f"{gone.pid}-a", f"{os.getppid()}-b", "no-number"))
    for folder in (left, running, odd):
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(b"x")
    own_folder.remove_left_folders()
    assert list((cache / "own").iterdir()) == [running]


def test_nothing_to_remove_is_no_error():
    own_folder.remove_left_folders()
    own_folder.remove_own_folders()
