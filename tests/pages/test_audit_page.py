"""The Audit page: its numbers are the library's, its threshold follows what it belongs to, bad input is named in place."""

import re
import shutil
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from embedcore.audit.indicators import audit
from embedcore.tokens.categories import known_unused
from pages.shared import snippets
from tests.pages.apptest import by_link, charts, typed, visit, words
from tests.pages.test_snippets import run


def frames(at):
    return [frame.value for frame in at.dataframe]


def test_with_the_truth_the_page_measures_what_its_threshold_finds(pydoc):
    at = visit("audit.py")
    said = words(at)
    assert not at.exception
    assert "37,977 of 50,257 rows it never touched. This threshold flags 37,977 rows" in said
    assert "precision 100.0%, recall 100.0%" in said
    assert "the average precision is 1.0000; flagging rows at random gives 0.7557" in said
    assert "the norm, the distance and the norm gap tell the rows apart. The cosine does no better than chance" in said
    norms = audit(pydoc.table).norm.values
    bars = [trace for trace in charts(at)[0]["data"]]
    assert [(trace["name"], int(typed(trace["y"]).sum())) for trace in bars] == [
        ("trained", 12280),
        ("untrained", 37977),
    ]
    listed, values, categories = frames(at)
    assert len(listed) == 500
    assert listed["id"].tolist() == np.argsort(norms, kind="stable")[:500].tolist()
    np.testing.assert_array_equal(listed["norm"], np.sort(norms)[:500])
    assert set(listed["untrained"]) == {True}
    assert listed["reason"][0] == f"norm {norms.min():.4g} is below the threshold 0.543"
    assert values["average precision"].round(3).tolist() == [1, 1, 0.758, 1]
    assert categories["rows"].tolist() == [49912, 344, 1]
    assert "**0.0329**" in said
    assert "**56.3%** of the variance" in said


def test_the_threshold_moves_what_is_flagged_and_starts_anew_with_another_indicator(pydoc):
    at = visit("audit.py")
    at.slider[0].set_value(0.15).run()
    n_flagged = int((audit(pydoc.table).norm.values <= 0.15).sum())
    assert f"**{n_flagged:,}** of 50,257 rows are flagged" in words(at)
    assert f"recall {n_flagged / 37977:.1%}" in words(at)
    assert charts(at)[0]["layout"]["shapes"][1]["x0"] == 0.15
    assert at.query_params["threshold"] == "0.15"
    at.button_group(key="indicator").set_value("distance").run()
    assert at.slider[0].value == pytest.approx(0.651)
    assert "precision 100.0%, recall 100.0%" in words(at)
    assert "threshold" not in at.query_params  # it was the norm's
    assert "The link asks" not in words(at)
    at.slider[0].set_value(0.289).run()
    assert "The threshold flags no row here" in words(at)
    assert "nothing is flagged, so there is no precision, recall 0.0%" in words(at)
    assert not at.exception


def test_a_category_filters_the_list_and_gives_its_reason():
    at = visit("audit.py", category="partial UTF-8")
    assert "of 344 rows are flagged" in words(at)
    listed = frames(at)[0]
    assert set(listed["category"]) == {"partial UTF-8"}
    never = listed[listed["token"] == "\\xc0"]["reason"].item()
    assert never.endswith("; a byte that never occurs in UTF-8")
    assert listed[listed["token"] == "\\xa1"]["reason"].item().endswith("; no whole characters by itself, as in ¡")
    assert "331 were found inside a text whose characters are whole; 13 are bytes that no UTF-8 text has." in words(at)
    empty = visit("audit.py", category="gap")
    assert "The threshold flags no row here" in words(empty)
    assert not empty.exception


def test_where_the_truth_is_unknown_the_page_says_so():
    at = visit("audit.py", model="random-gpt2")
    assert "does not say which rows were trained" in words(at)
    assert "at the quantile of 2% of the reachable rows, as Land & Bartolo (2024) did: it flags" in words(at)
    assert "trained" not in frames(at)[0].columns
    toy = visit("audit.py", model="toy", text="fox jumps over dog", indicator="cosine")
    assert "There is no cosine for toy: no row is known to be unused" in words(toy)
    assert not toy.slider


def test_links_hold_the_state_and_what_they_cannot_have_is_named():
    linked = partial(by_link, "audit.py", model="pydoc-gpt")
    at = linked(threshold="0.2", indicator="norm", category="reachable")
    assert at.slider[0].value == 0.2
    assert at.selectbox(key="category").value == "reachable"
    assert "must be 0.101 to 3.391" in words(linked(threshold="77"))
    assert "threshold = `'abc'`" in words(linked(threshold="abc"))
    assert "indicator = `'magic'`" in words(linked(indicator="magic"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.full((6, 3), np.nan, np.float32), r"6 of 6 rows hold NaN or infinite values \(ids 0, 1, 2, 3, 4, 5\)"),
        (np.ones((6, 3), np.float32), "All rows have the same norm, so it cannot tell them apart"),
        (np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]], "All rows have the same norm"),
    ],
)
def test_bad_tables_are_named_in_place(table, message, monkeypatch, toy):
    broken = SimpleNamespace(
        name="toy",
        source=None,
        table=table,
        output_table=None,
        output_state=None,
        metadata=toy.metadata,
        sha256=str(hash(table.tobytes())),
        file_name=toy.file_name,
        output_file_name=toy.output_file_name,
        tokenizer=toy.tokenizer,
        provider_report=toy.provider_report,
    )
    at = visit(model="toy", text="fox jumps over dog")
    monkeypatch.setattr("pages.shared.reading.current_model", lambda: broken)
    at.switch_page("audit.py").run()
    assert re.search(message, words(at))
    assert not at.exception


@pytest.mark.parametrize("name", ["pydoc", "toy"])
def test_the_code_gives_the_pages_numbers(name, request, tmp_path, monkeypatch):
    model = request.getfixturevalue(name)
    shutil.copy(model.file.path, tmp_path / f"{model.name}.onnx")
    unused = known_unused(model.tokenizer)
    report = audit(model.table, unused=unused)
    for write in (snippets.audit_torch, snippets.audit_runtime):
        given = run(write(model, unused.tolist(), has_cosine=report.cosine is not None), tmp_path, monkeypatch)
        for each in report.indicators:
            np.testing.assert_allclose(np.asarray(given[each.name.replace(" ", "_")]), each.values, rtol=0, atol=1e-7)
        assert ("cosine" in given) == (report.cosine is not None)


@pytest.mark.parametrize(
    ("params", "kind"), [({}, "log"), ({"log_rows": "true"}, "log"), ({"log_rows": "false"}, "linear")]
)
def test_counts_are_logarithmic_at_first_and_a_link_says_what_it_said(params, kind):
    at = by_link("audit.py", model="pydoc-gpt", **params)
    assert charts(at)[0]["layout"]["yaxis"].get("type", "linear") == kind
    assert "The link" not in words(at)
