import threading
from pathlib import Path

import pytest

from embedcore.cache import cache_folder, write_atomically


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
