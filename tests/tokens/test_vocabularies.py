import gzip
import hashlib
import subprocess
import sys

import pytest
import tiktoken
import tiktoken.load
import tiktoken_ext.openai_public as public

from embedcore.errors import TokenizationError
from embedcore.tokens import vocabularies
from embedcore.tokens.vocabularies import DATA, FILES, load_encoding
from export.vocabularies import MEMBERS, pack


def test_names_and_hashes_are_those_that_tiktoken_states(monkeypatch):
    hashes = {}

    def record(address, expected_hash=None):
        hashes[hashlib.sha1(address.encode()).hexdigest()] = expected_hash
        raise InterruptedError

    def record_both(vocab_bpe_file, encoder_json_file, vocab_bpe_hash, encoder_json_hash):
        for address, digest in ((vocab_bpe_file, vocab_bpe_hash), (encoder_json_file, encoder_json_hash)):
            hashes[hashlib.sha1(address.encode()).hexdigest()] = digest
        raise InterruptedError

    monkeypatch.setattr(public, "load_tiktoken_bpe", record)
    monkeypatch.setattr(public, "data_gym_to_mergeable_bpe_ranks", record_both)
    for name in FILES:
        with pytest.raises(InterruptedError):
            getattr(public, name)()
    assert hashes == {file.cache_name: file.sha256 for files in FILES.values() for file in files}


def test_shipped_files_match_their_hashes():
    shipped = {file.shipped: file.sha256 for files in FILES.values() for file in files if file.shipped}
    assert {path.name for path in DATA.glob("*.gz")} == set(shipped)
    for name, sha256 in shipped.items():
        assert hashlib.sha256(gzip.decompress((DATA / name).read_bytes())).hexdigest() == sha256


def test_the_folders_readme_states_each_file_and_its_hash():
    readme = (DATA / "README.md").read_text()
    rows = {file.shipped: file.sha256 for files in FILES.values() for file in files if file.shipped}
    assert set(rows) == set(MEMBERS)
    for name, sha256 in rows.items():
        assert any(f"`{name}`" in line and f"`{sha256}`" in line for line in readme.splitlines())


def test_packing_gives_the_same_bytes_whenever():
    assert pack(b"abc") == pack(b"abc")
    assert pack(b"abc")[3:8] == bytes(5)  # no flags, so no name; no time
    assert gzip.decompress(pack(b"abc")) == b"abc"


@pytest.mark.parametrize("name", ["r50k_base", "p50k_base"])
def test_rebuilt_files_match_tiktokens_hashes(name):
    (file,) = FILES[name]
    assert file.shipped is None
    assert hashlib.sha256(vocabularies._content(file)).hexdigest() == file.sha256


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    return tmp_path


def test_a_cache_folder_that_is_set_is_used(own_folder):
    load_encoding("cl100k_base")
    (file,) = FILES["cl100k_base"]
    assert [path.name for path in own_folder.iterdir()] == [file.cache_name]


def test_a_damaged_file_is_named_and_left_alone(own_folder):
    (file,) = FILES["cl100k_base"]
    damaged = own_folder / file.cache_name
    damaged.write_bytes(b"damaged")
    with pytest.raises(TokenizationError, match=f"{file.sha256[:12]}.*delete it"):
        load_encoding("cl100k_base")
    assert damaged.read_bytes() == b"damaged"


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_shipped_file_never_reaches_tiktoken(name, own_folder, monkeypatch, tmp_path_factory):
    """tiktoken would delete what does not match, and go to the network for it."""
    data = tmp_path_factory.mktemp("data")
    for path in DATA.glob("*.gz"):
        content = gzip.decompress(path.read_bytes())
        (data / path.name).write_bytes(gzip.compress(content.replace(b"e", b"f", 1)))
    monkeypatch.setattr(vocabularies, "DATA", data)
    requests = []
    monkeypatch.setattr(tiktoken, "get_encoding", requests.append)
    monkeypatch.setattr(tiktoken.load, "read_file", requests.append)
    with pytest.raises(TokenizationError, match=r"the shipped vocabulary .* is expected: install embedcore again"):
        load_encoding(name)
    assert requests == []
    assert list(own_folder.iterdir()) == []


def test_our_own_damaged_file_is_written_again(monkeypatch, tmp_path):
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(vocabularies, "cache_folder", lambda: tmp_path)
    (file,) = FILES["cl100k_base"]
    damaged = tmp_path / "tiktoken" / file.cache_name
    damaged.parent.mkdir()
    damaged.write_bytes(b"half of it")
    assert load_encoding("cl100k_base").n_vocab == 100277
    assert hashlib.sha256(damaged.read_bytes()).hexdigest() == file.sha256


def test_many_processes_at_once_write_one_whole_file(tmp_path):
    code = "import embedcore; print(embedcore.get_tokenizer('p50k_base').n_vocab)"
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": ""}
    runs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(3)
    ]
    assert [run.communicate(timeout=60)[0].strip() for run in runs] == ["50281"] * 3
    expected = {file.cache_name for name in ("gpt2", "p50k_base") for file in FILES[name]}
    assert {path.name for path in (tmp_path / "embedcore" / "tiktoken").iterdir()} == expected


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(blocked))
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    with pytest.raises(TokenizationError, match="TIKTOKEN_CACHE_DIR"):
        load_encoding("o200k_base")


def test_the_variable_is_set_for_the_load_only(monkeypatch):
    import os

    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    load_encoding("gpt2")
    assert "TIKTOKEN_CACHE_DIR" not in os.environ
