import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from embedcore.cache import cache_folder, remove_temporary_folder, write_atomically

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def forget():
    cache_folder.cache_clear()
    yield
    cache_folder.cache_clear()


def test_the_folder_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "embedcore"


def test_a_home_that_cannot_be_written_gives_a_private_folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = cache_folder()
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0


def test_no_home_at_all_gives_a_private_folder(monkeypatch):
    def homeless(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert cache_folder().is_dir()


@pytest.mark.parametrize("named", ["", "relative", "~/tilde", "./here", "../above"])
def test_a_relative_name_is_ignored_as_the_specification_says(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache_folder() == tmp_path / "home" / ".cache" / "embedcore"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_relative_home_is_no_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "home")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder().is_absolute()
    assert list(tmp_path.iterdir()) == []
    remove_temporary_folder()


def test_only_a_temporary_folder_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "embedcore-of-mine"))
    cache_folder()
    remove_temporary_folder()
    assert (tmp_path / "embedcore-of-mine" / "embedcore").is_dir()


def test_a_temporary_folder_is_gone_when_its_process_ends(tmp_path):
    code = "from embedcore.cache import cache_folder, write_atomically; write_atomically(cache_folder() / 'a', b'a')"
    environment = os.environ | {"XDG_CACHE_HOME": os.devnull, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_can_be_read_by_others(tmp_path):
    write_atomically(tmp_path / "file", b"content")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, sizes = tmp_path / "file", set()
    write_atomically(path, b"a" * 1_000_000)
    stop = threading.Event()

    def read():
        while not stop.is_set():
            sizes.add(len(path.read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in (b"b", b"c", b"d"):
        write_atomically(path, letter * 1_000_000)
    stop.set()
    reader.join()
    assert sizes == {1_000_000}
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"content")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
