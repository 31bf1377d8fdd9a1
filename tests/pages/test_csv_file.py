"""A downloaded table: a spreadsheet shows every token and computes none, and pandas reads back what was written."""

import io

import numpy as np
import pandas as pd
import pytest

from embedcore import get_tokenizer
from embedcore.files.cells import text_of_cell
from embedcore.tokens.labels import token_label
from pages.shared.csv_file import csv_file

ODD = [
    "NA", "null", "nan", "NaN", "None", "N/A", "", "#N/A", "inf", "-inf", "TRUE", "007", "1e5", "1,000", '"', '""', "'", "''",
    "=", "'=", "''=", "=1+1", "+", "-", "@SUM(A1)", "-2", "＝1", "'s", "␣=", "a,b", "a\nb", "a\rb", "\tx", "ال", "é", "⏎",
]  # fmt: skip
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def read(content):
    return pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype={"token": str})


def labels(name):
    vocabulary = get_tokenizer(name)
    return [token_label(vocabulary.token_bytes(token_id)) for token_id in range(vocabulary.n_vocab)]


@pytest.mark.parametrize("tokens", [ODD, labels("gpt2")], ids=["odd", "gpt2"])
def test_every_text_reads_back_as_itself_and_none_is_a_formula(tokens):
    content = csv_file({"id": np.arange(len(tokens)), "token": tokens})
    assert content.startswith(b"\xef\xbb\xbfid,token\r\n")  # without the mark a spreadsheet shows ␣ as three letters
    cells = list(read(content)["token"])
    assert [text_of_cell(cell) for cell in cells] == tokens
    assert [cell for cell in cells if cell.startswith(FORMULA)] == []
    plain = [token for token in tokens if not token.lstrip("'").startswith(FORMULA)]
    assert [cell for cell in cells if cell == text_of_cell(cell)] == plain


def test_numbers_keep_every_bit_and_no_more_digits_than_they_need():
    random = np.random.default_rng(0)
    single = np.frombuffer(random.bytes(40_000), np.float32)
    single = np.concatenate([np.float32([0.1, 1 / 3, -0.0, 1e-45, 3.4028235e38]), single[np.isfinite(single)]])
    double = random.standard_normal(len(single))
    content = csv_file({"token": ["="] * len(single), "single": single, "double": double})
    table = read(content)
    np.testing.assert_array_equal(table["single"].to_numpy().astype(np.float32), single)
    np.testing.assert_array_equal(table["double"], double)
    assert content.splitlines()[1].startswith(b"'=,0.1,")


def test_a_title_is_no_formula_either():
    assert csv_file({"= king": [1.5], "@": [2]}).decode("utf-8-sig").splitlines() == ["'= king,'@", "1.5,2"]


def test_the_table_itself_is_not_changed():
    table = {"token": ["=", "-"]}
    csv_file(table)
    assert table == {"token": ["=", "-"]}
