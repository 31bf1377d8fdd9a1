"""What a reader downloads is what the model gives: read by numpy, csv, pandas and our own reader of projector files."""

import csv
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

import embedcore
from embedcore import contract
from embedcore.model.model import InputLayer
from embedcore.model.table_files import npy_bytes, table_parts
from embedcore.model.text_files import text_csv, text_npz, text_projector
from export.sources.open import open_source
from tests.small_models import write_small_model

TEXT = 'A list, "=a tuple"\n\tbut a list'


def run(model):
    text = model.tokenizer.encode(TEXT)
    return model.run(text.token_ids), [model.tokenizer.label(token_id) for token_id in text.token_ids.tolist()]


def narrow():
    """Return a run whose rows and positions are narrower than its input vectors, as ALBERT's are."""
    random = np.random.default_rng(3)
    token, position, total = (random.normal(size=size).astype(np.float32) for size in ((1, 4, 2), (4, 2), (1, 4, 5)))
    bias = np.zeros((2, 4, 4), np.float32)
    return InputLayer(np.array([[7, 0, 7, 3]]), token, position, total, {contract.ATTENTION_BIAS: bias}), [
        "=",
        "NA",
        "=",
        '"',
    ]


def bits(array):
    return np.ascontiguousarray(array).view(np.uint32)


def same(read, given):
    assert read.dtype == given.dtype == np.float32
    np.testing.assert_array_equal(bits(read), bits(given))


def read_pair(folder, name="vectors.tsv"):
    """Return the vectors and the words of a pair as `python -m export checkpoint` reads them."""
    source = open_source(folder / name)
    return source.read("table"), source.words


@pytest.mark.parametrize("name", ["minilm-l6", "smollm2-135m", "narrow"])
def test_the_files_of_a_text_hold_the_outputs_of_the_model(name, tmp_path):
    layer, labels = narrow() if name == "narrow" else run(embedcore.open_model(name, provider="cpu"))
    kinds = {"token": layer.token_embeddings[0]}
    kinds |= {} if layer.position_embeddings is None else {"position": layer.position_embeddings}
    kinds |= {"input": layer.input_embeddings[0]}
    n_tokens = len(labels)
    assert (layer.position_embeddings is None) == (name == "smollm2-135m")

    with np.load(io.BytesIO(text_npz(layer, labels)), allow_pickle=False) as arrays:
        kept = set(layer.extras) - {contract.ATTENTION_BIAS}
        assert set(arrays) == {"token_ids", "tokens", "token_embeddings", "input_embeddings"} | kept | (
            {"position_embeddings"} if "position" in kinds else set()
        )
        np.testing.assert_array_equal(arrays["token_ids"], layer.token_ids)
        assert arrays["tokens"].tolist() == labels
        same(arrays["token_embeddings"], layer.token_embeddings)
        same(arrays["input_embeddings"], layer.input_embeddings)
        if "position" in kinds:
            same(arrays["position_embeddings"], layer.position_embeddings)
        for extra in kept:
            same(arrays[extra], layer.extras[extra])

    content = text_csv(layer, labels)
    table = pd.read_csv(
        io.BytesIO(content),
        keep_default_na=False,
        na_values={str(place): [""] for place in range(5000)},
        dtype={"token": str},
    )
    assert table["position"].tolist() == [place for place in range(n_tokens) for _ in kinds]
    assert table["vector"].tolist() == list(kinds) * n_tokens
    for kind, rows in kinds.items():
        own = table[table["vector"] == kind]
        assert own["id"].tolist() == layer.token_ids[0].tolist()
        numbers = own[[str(place) for place in range(rows.shape[1])]].to_numpy().astype(np.float32)
        same(numbers, rows)
        assert own[[name for name in own.columns[4:] if int(name) >= rows.shape[1]]].isna().all().all()
    by_csv = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {len(row) for row in by_csv} == {len(table.columns)}
    cells = [row[2] for row in by_csv[1 :: len(kinds)]]
    assert [cell.removeprefix("'") if cell.startswith("'=") else cell for cell in cells] == labels
    assert not any(cell.startswith("=") for cell in cells)

    with zipfile.ZipFile(io.BytesIO(text_projector(layer, labels))) as archive:
        archive.extractall(tmp_path)
    by_width = {}
    for kind, rows in kinds.items():
        by_width.setdefault(rows.shape[1], {})[kind] = rows
    for width, alike in by_width.items():
        file = "vectors.tsv" if width == layer.input_embeddings.shape[2] else f"vectors_{width}.tsv"
        vectors, words = read_pair(tmp_path, file)
        same(vectors, np.concatenate(list(alike.values())))
        assert words == [f"{place} {label} {kind}" for kind in alike for place, label in enumerate(labels)]
        lines = (tmp_path / file.replace("vectors", "metadata")).read_text().splitlines()
        assert [line.split("\t")[3] for line in lines[1:]] == list(map(str, layer.token_ids[0].tolist())) * len(alike)
    assert len(list(tmp_path.iterdir())) == 2 * len(by_width)


def test_the_files_of_a_table_hold_every_row(tmp_path):
    path = write_small_model(tmp_path / "small.onnx", tokenizer="gpt2", d_model=3, n_vocab=50_304)
    model = embedcore.open_model(path, provider="cpu")
    for kind in ("vectors.tsv", "metadata.tsv", "npy"):
        (tmp_path / f"small.{kind}").write_bytes(b"".join(table_parts(model, kind)))
    table = np.load(tmp_path / "small.npy", allow_pickle=False)
    same(table, model.table)
    assert (tmp_path / "small.npy").stat().st_size == npy_bytes(model)
    vectors, words = read_pair(tmp_path, "small.vectors.tsv")
    same(vectors, model.table)
    assert words == [model.tokenizer.label(row) for row in range(50_304)]  # rows past the vocabulary too: ∅50300
