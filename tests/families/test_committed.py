"""The committed cases hold what they say, and the harness still gives them."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.families.committed import CASES, case, cases, names, pack
from tests.families.rows import names as all_names
from tests.families.rows import row_of


@pytest.mark.parametrize("name", names())
def test_a_case_is_a_checkpoint_and_what_its_block_1_gets(name, tmp_path):
    one = case(name)
    folder = one.write(tmp_path)
    assert json.loads((folder / "config.json").read_text())["model_type"] == one.model_type
    tensors = load_file(folder / "model.safetensors")
    batch, sequence = one.token_ids.shape
    assert one.input_embeddings.dtype == np.float32
    assert one.input_embeddings.shape[:2] == (batch, sequence)
    assert np.isfinite(one.input_embeddings).all()
    assert len(np.unique(one.input_embeddings[0], axis=0)) == sequence  # no two tokens alike
    if one.token_embeddings is not None:
        rows = one.token_embeddings.reshape(-1, one.token_embeddings.shape[-1])
        tables = [each for each in tensors.values() if each.ndim == 2 and each.shape[1] == rows.shape[1]]
        assert any((rows[:, None] == table).all(axis=2).any(axis=1).all() for table in tables)
    if one.queries is not None:
        assert one.queries.shape[0] == one.keys.shape[0] == batch
        assert one.queries.shape[2:] == one.keys.shape[2:]
        assert one.queries.shape[2] == sequence
        assert one.queries.shape[1] % one.keys.shape[1] == 0


def test_every_row_has_its_case_or_a_reason():
    assert {name for name in all_names() if not row_of(name).cannot} == set(names())
    assert [each.name for each in cases()] == names()


def test_the_cases_are_small():
    assert sum(path.stat().st_size for path in CASES.iterdir()) < 3_000_000


@pytest.mark.parametrize("name", ["llama", "gpt2", "roberta", "gemma3_text", "deepseek_v3", "t5"])
def test_transformers_gives_the_same_again(name, tmp_path):
    """Bit for bit where ids only look rows up; else as equal as another machine's products are."""
    from tests.families.files import make

    make(name, tmp_path)
    one = case(name)
    with np.load(tmp_path / "expected.npz") as arrays:
        assert np.array_equal(arrays["token_ids"], one.token_ids)
        assert np.array_equal(arrays["token_embeddings"], one.token_embeddings)
        for each in ("input_embeddings", "queries", "keys"):
            np.testing.assert_allclose(arrays[each], getattr(one, each), rtol=1e-5, atol=1e-5)


def test_packing_twice_gives_the_same_bytes(tmp_path, monkeypatch):
    one = case("llama")
    folder = one.write(tmp_path / "llama")
    monkeypatch.setattr("tests.families.committed.CASES", tmp_path / "cases")
    arrays = {each: getattr(one, each) for each in ("token_ids", "input_embeddings", "queries", "keys")}
    np.savez(folder / "expected.npz", **arrays)
    pack("llama", folder)
    first = (tmp_path / "cases" / "llama.tar.xz").read_bytes()
    pack("llama", folder)
    assert (tmp_path / "cases" / "llama.tar.xz").read_bytes() == first
