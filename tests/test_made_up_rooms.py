"""A new engine is one file, a family of tokenizers or a page a file and a line: the how-to's are followed in a copy."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.serving import variables

ROOT = Path(__file__).resolve().parents[1]


def guide(name: str) -> tuple[dict[str, str], list[str]]:
    """Return the files of a how-to by their paths, and its other pieces of Python, without their indentation."""
    text = (ROOT / "docs" / "how-to" / name).read_text()
    blocks = re.findall(r'^    ```python(?: title="([\w/]+\.py)")?\n(.*?)^    ```$', text, re.MULTILINE | re.DOTALL)
    pieces = [(path, re.sub(r"^    ", "", code, flags=re.MULTILINE)) for path, code in blocks]
    return {path: code for path, code in pieces if path}, [code for path, code in pieces if not path]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "embedcore", tmp_path / "embedcore", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def printed(house: Path, code: str) -> list[str]:
    """Run code in the copy, and return the lines that it prints."""
    environment = variables(PYTHONPATH=str(house), EMBEDCORE_MODELS=str(ROOT / "models"))
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=house, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def follow(house: Path, files: dict[str, str]) -> None:
    for path, code in files.items():
        assert not (house / path).exists()
        (house / path).write_text(code)


MORE_OF_THE_ENGINE = """
import hashlib, json
import numpy as np
from embedcore.maps.linear import LinearProjection
from embedcore.model.scheme import learned_of_model

def refused(call):
    try:
        call()
    except embedcore.EmbedcoreError as error:
        return f"{type(error).__name__}: {error}"

np.savez("wide.npz", **{"table": tables["table"], "position.table": tables["position.table"][:, :3]})
near = embedcore.neighbors(model.table, model.table[[2]], k=1)
again = embedcore.open_model(model.reference)
model.close()
print(json.dumps({
    "sums": layer.input_embeddings[0].tolist(),
    "table": bool((again.table == tables["table"].astype("float32")).all()),
    "near": near.token_ids.tolist(),
    "reference": again.reference,
    "sha256": again.sha256 == hashlib.sha256(open("tables.npz", "rb").read()).hexdigest(),
    "learned": bool((learned_of_model(again).table == again.positions).all()),
    "map": list(embedcore.project(again.table).coordinates.shape),
    "closed": refused(lambda: model.run([1])),
    "outside": refused(lambda: again.run([6])),
    "long": refused(lambda: again.run(range(6)) and again.run([0] * 9)),
    "cuda": refused(lambda: embedcore.open_model("numpy://tables.npz", provider="cuda")),
    "tpu": refused(lambda: embedcore.open_model("numpy://tables.npz", provider="tpu")),
    "missing": refused(lambda: embedcore.open_model("numpy://none.npz")),
    "wide": refused(lambda: embedcore.open_model("numpy://wide.npz")),
    "unknown": refused(lambda: embedcore.open_model("http://host/toy")),
    "toy": embedcore.open_model("toy", provider="cpu").name,
}))
"""


def test_the_engine_of_the_manual_is_one_file_and_opens_models_by_its_prefix(house):
    files, [example] = guide("engine.md")
    assert list(files) == ["embedcore/engine/arrays.py"]
    follow(house, files)
    first, rest = printed(house, example + MORE_OF_THE_ENGINE)
    assert first == re.search(r"\)  # (.*)\n", example[example.rindex("print") :])[1]
    printed_values = json.loads(rest)
    random = np.random.default_rng(0)
    table, positions = random.normal(size=(6, 4)).astype(np.float32), random.normal(size=(8, 4)).astype(np.float32)
    np.testing.assert_array_equal(np.array(printed_values.pop("sums"), np.float32), table[[2, 3, 5, 1]] + positions[:4])
    assert printed_values == {
        "table": True,
        "near": [[2]],
        "reference": "numpy://tables.npz",
        "sha256": True,
        "learned": True,
        "map": [6, 2],
        "closed": "EmbedcoreError: this model was closed, and runs no more: open it again with embedcore.open_model",
        "outside": "UnknownTokenId: token id 6 is outside 0…5, the vocabulary of tables: use ids of the model's own tokenizer",
        "long": "SequenceTooLong: a sequence of 9 tokens is longer than the 8 positions of tables: take a part of it, or a model "
        "with a longer context",
        "cuda": "ProviderUnavailable: provider 'cuda' was asked for, but numpy runs on the CPU alone: choose 'cpu' or 'auto'",
        "tpu": "ProviderUnavailable: provider 'tpu' is unknown; choose one of auto, cpu, cuda",
        "missing": "ModelFileError: there is no file of tables at 'none.npz' (No such file or directory): check the path",
        "wide": "ModelFileError: wide.onnx says it has 6 rows and 8 positions, but a run of id 5 and 8 tokens fails: wide.onnx "
        "fails at a run of 1 × 1 tokens (operands could not be broadcast together with shapes (1,1,4) (1,3) ): export it again",
        "unknown": "ModelFileError: no engine here opens 'http://host/toy'; the addresses that can be opened begin with "
        "numpy://: give the path of an .onnx file, or add an engine",
        "toy": "toy",
    }


def test_the_family_of_the_manual_is_a_file_and_a_line(house):
    files, [line, example] = guide("tokenizer.md")
    assert list(files) == ["embedcore/tokens/words.py"]
    follow(house, files)
    families = house / "embedcore" / "tokens" / "families.py"
    text = families.read_text().replace(
        "\n)\n\n\ndef tokenizer_names", f"\n    {line.strip()},\n)\n\n\ndef tokenizer_names"
    )
    text = text.replace("\n\n\n@dataclass", "\nfrom embedcore.tokens.words import WORDS, Words\n\n\n@dataclass", 1)
    families.write_text(text)
    more = "from embedcore.tokens.search import search_vocabulary\nprint(search_vocabulary(words, 'cat', by='text').token_ids)\n"
    lines = printed(house, example + more)
    assert lines == [*re.findall(r"\)  # (.*)$", example, re.MULTILINE), "[2]"]


LOOKS_AT_THE_PAGE = """
import json
from streamlit.testing.v1 import AppTest
from pages.shared.page_list import LISTED
from pages.shared.served_head import served_page

def look(**link):
    at = AppTest.from_file("pages/frame.py", default_timeout=60)
    at.switch_page("lengths.py")
    at.query_params.update({"model": "toy", "text": "fox jumps over", **link})
    at.run()
    assert not at.exception, at.exception
    [box] = [box.value for box in at.number_input if box.label == "Tokens shown"]
    return [at.title[0].value, at.dataframe[0].value.to_dict("list"), box, dict(at.query_params), [said.value for said in at.warning]]

[listed] = [page for page in LISTED if page.address == "lengths"]
print(json.dumps([look(), look(n_shown="2"), look(n_shown="99"), served_page(listed, "toy", folder="")]))
"""


def test_a_new_page_is_one_file_and_one_line_and_its_control_a_row(house, toy):
    shutil.copytree(ROOT / "pages", house / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    files, (line, row) = guide("page.md")
    follow(house, files)
    for path, behind, more in (
        ("pages/shared/page_list.py", '    ListedPage(\n        "map",\n', line),
        ("pages/shared/parameters.py", '    Parameter("first", Kind.WHOLE, ', row),
    ):
        text = (house / path).read_text()
        assert text.count(behind) == 1
        assert len(more.splitlines()) == 1
        (house / path).write_text(text.replace(behind, f"    {more.strip()},\n{behind}"))
    [said] = printed(house, LOOKS_AT_THE_PAGE)
    by_default, linked, too_many, html = json.loads(said)
    title, table, n_shown, _, warnings = by_default
    assert (title, n_shown, warnings) == ("Lengths", 5, [])
    expected = np.linalg.norm(toy.run(toy.tokenizer.encode("fox jumps over").token_ids).token_embeddings[0], axis=1)
    np.testing.assert_allclose(table["length"], expected, rtol=1e-6)
    assert linked[1]["token"] == table["token"][:2]
    assert linked[3]["n_shown"] in ("2", ["2"])
    assert "99" in " ".join(too_many[4])
    assert "<title>Lengths · toy · embedcore</title>" in html
