"""Indicators and isotropy, held to the formulas in float64 and to scikit-learn; precision and recall likewise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, precision_score, recall_score

from embedcore.audit import detection
from embedcore.audit.detection import candidate_threshold, precision_recall
from embedcore.audit.indicators import Indicator, audit
from embedcore.errors import ModelFileError, ShapeError
from embedcore.model.trained_rows import are_untouched, is_nothing_trained, untouched
from embedcore.tokens.categories import known_unused, token_categories


def random_table(seed=0, n_rows=300, d_model=12):
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(n_rows, d_model)) @ random.normal(size=(d_model, d_model)) + random.normal(size=d_model)
    return mixed.astype(np.float32)


def by_scikit_learn(table, unused):
    """Return the paper's cosine: the first component of the centered rows is taken out of the plain rows."""
    wide = table.astype(np.float64)
    first = PCA(1, svd_solver="full").fit(wide).components_[0]
    rest = np.array([row - (row @ first) * first for row in wide])
    mean = rest[unused].mean(axis=0)
    return np.array([row @ mean / np.sqrt((row @ row) * (mean @ mean)) for row in rest])


def test_indicators_equal_their_formulas():
    table, unused = random_table(), np.array([7, 3, 200])
    report = audit(table, unused=unused)
    wide = table.astype(np.float64)
    norm = np.sqrt((wide**2).sum(axis=1))
    np.testing.assert_allclose(report.norm.values, norm, rtol=1e-12, atol=0)
    np.testing.assert_allclose(
        report.distance.values, np.sqrt(((wide - wide.mean(axis=0)) ** 2).sum(axis=1)), rtol=1e-10, atol=0
    )
    np.testing.assert_allclose(report.cosine.values, by_scikit_learn(table, unused), rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        report.norm_gap.values, abs(norm - (norm[3] + norm[7] + norm[200]) / 3), rtol=0, atol=1e-9
    )
    assert [(each.name, each.is_low) for each in report.indicators] == [
        ("norm", True), ("distance", True), ("cosine", False), ("norm gap", True),
    ]  # fmt: skip
    np.testing.assert_array_equal(report.unused, [3, 7, 200])
    assert report.missing == ""


def test_many_blocks_equal_one():
    table = random_table(n_rows=9000, d_model=3)
    report = audit(table, unused=np.array([8999]))
    np.testing.assert_allclose(report.cosine.values, by_scikit_learn(table, [8999]), rtol=0, atol=1e-9)
    np.testing.assert_allclose(report.norm.values, np.linalg.norm(table.astype(float), axis=1), rtol=1e-12, atol=0)


def test_isotropy_equals_every_pair_and_scikit_learns_shares():
    table = random_table(n_rows=60)
    table[5] = 0
    unit = np.array([row / np.linalg.norm(row) if row.any() else row for row in table.astype(np.float64)])
    pairs = [unit[i] @ unit[j] for i in range(60) for j in range(60) if i != j]
    report = audit(table).isotropy
    np.testing.assert_allclose(report.mean_cosine, np.mean(pairs), rtol=0, atol=1e-12)
    reference = PCA(10, svd_solver="full").fit(table.astype(np.float64)).explained_variance_ratio_
    np.testing.assert_allclose(report.variance_shares, reference, rtol=1e-9, atol=0)
    assert report.held_by_first == pytest.approx(sum(reference), rel=1e-9)
    assert len(audit(table[:, :4]).isotropy.variance_shares) == 4


def test_rows_that_training_pushed_one_way_are_found_by_the_cosine():
    """Training moves all output rows that are never the answer along one direction."""
    random = np.random.default_rng(1)
    table = random.normal(size=(400, 16)).astype(np.float32)
    table[:100] += 4 * random.normal(size=16).astype(np.float32)
    truth = np.arange(400) < 100
    table[100:, 0] += 12 * random.normal(size=300).astype(np.float32)  # the component that is taken out
    report = audit(table, unused=np.arange(10))
    assert detection.precision_recall_curve(report.cosine, truth).average_precision > 0.99


def test_the_output_table_is_measured_like_the_table():
    table, output, unused = random_table(), random_table(1, d_model=5), np.array([1, 2])
    beside, alone = audit(table, unused=unused, output_table=output).output, audit(output, unused=unused)
    for each, other in zip(beside.indicators, alone.indicators, strict=True):
        np.testing.assert_array_equal(each.values, other.values)
    assert audit(table).output is None
    with pytest.raises(ShapeError, match=r"output table has 299 rows and the table 300"):
        audit(table, output_table=output[:299])


def test_without_known_unused_rows_two_indicators_are_missing_and_it_says_why():
    report = audit(random_table())
    assert report.cosine is None
    assert report.norm_gap is None
    assert "no row is known to be unused" in report.missing
    assert len(report.indicators) == 2


def test_unused_rows_of_zeros_point_nowhere():
    table = random_table()
    table[:4] = 0
    report = audit(table, unused=np.arange(4))
    assert report.cosine is None
    assert "mean of the 4 unused rows is zero" in report.missing
    np.testing.assert_allclose(report.norm_gap.values, report.norm.values, rtol=0, atol=0)


def test_a_zero_row_and_a_row_along_the_first_component_have_cosine_zero():
    table = random_table(2)
    table[9] = 0
    first = PCA(1, svd_solver="full").fit(table.astype(np.float64)).components_[0]
    assert audit(table, unused=np.array([0])).cosine.values[9] == 0
    line = np.outer(np.linspace(-1, 2, 7), first)  # all of it is the first component
    report = audit(np.vstack([line, line[:1]]), unused=np.array([0]))
    assert report.cosine is None


def test_what_rounding_leaves_of_a_row_has_no_direction():
    """A row along the first component has nothing left but 1e-16, whose cosine would be noise."""
    turned, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))
    table = np.array([[9, 1, 0], [9, -1, 0], [-9, 1, 0], [-9, -1, 0], [5, 0, 0], [-5, 0, 0], [0, 0, 0]]) @ turned
    cosine = audit(table, unused=np.array([0])).cosine.values
    np.testing.assert_allclose(cosine, [1, -1, 1, -1, 0, 0, 0], rtol=0, atol=1e-12)


def test_equal_rows_are_equal():
    report = audit(np.full((50, 4), 0.3, np.float32), unused=np.array([1]))
    assert report.are_equal
    np.testing.assert_array_equal(report.isotropy.variance_shares, np.zeros(4))
    np.testing.assert_allclose(report.isotropy.mean_cosine, 1, rtol=1e-12, atol=0)
    np.testing.assert_allclose(report.distance.values, 0, rtol=0, atol=1e-15)
    assert report.norm.is_flat
    np.testing.assert_allclose(report.cosine.values, 1, rtol=1e-12, atol=0)
    assert not audit(random_table()).are_equal
    zeros = audit(np.zeros((3, 2), np.float32))
    assert zeros.isotropy.mean_cosine == 0
    assert zeros.are_equal


def with_value(value, *rows):
    table = random_table()
    table[list(rows), 3] = value
    return table


@pytest.mark.parametrize(
    ("table", "unused", "words"),
    [
        (np.zeros((1, 3)), None, r"\[1, 3\].*2 rows or more"),
        (np.zeros((0, 3)), None, r"\[0, 3\]"),
        (with_value(np.nan, 4, 299), None, r"2 of 300 rows hold NaN or infinite values \(ids 4, 299\): mend"),
        (with_value(np.inf, *range(20)), None, r"20 of 300 rows .*ids 0, 1, 2, 3, 4, 5, 6, 7 …"),
        (np.vstack([np.zeros((8000, 1)), [[np.nan]]]), None, r"1 of 8,001 rows .*ids 8000\)"),
        (np.eye(3), np.array([3]), r"row 3 is named as unused, but the table has rows 0…2"),
        (np.eye(3), np.array([-1]), r"row -1"),
    ],
)  # fmt: skip
def test_bad_tables_are_named(table, unused, words):
    with pytest.raises(ShapeError, match=words):
        audit(table, unused=unused)


def test_flagging_and_ranking_follow_the_indicators_side():
    low = Indicator("norm", np.array([3.0, 1.0, 2.0, 1.0]))
    high = replace(low, is_low=False)
    np.testing.assert_array_equal(low.flagged(2.0), [False, True, True, True])
    np.testing.assert_array_equal(high.flagged(2.0), [True, False, True, False])
    np.testing.assert_array_equal(low.ranking(), [1, 3, 2, 0])
    np.testing.assert_array_equal(high.ranking(), [0, 2, 1, 3])
    np.testing.assert_array_equal(low.flagged_rows(2.0), [1, 3, 2])
    np.testing.assert_array_equal(low.flagged_rows(2.0, np.array([True, False, True, True])), [3, 2])


@given(
    values=st.lists(st.integers(-5, 5), min_size=2, max_size=40), seed=st.integers(0, 2**32 - 1), is_low=st.booleans()
)
def test_the_curve_is_scikit_learns(values, seed, is_low):
    truth = np.random.default_rng(seed).random(len(values)) < 0.4
    truth[0] = True
    indicator = Indicator("norm", np.array(values, float), is_low=is_low)
    score = -indicator.values if is_low else indicator.values
    precision, recall, thresholds = precision_recall_curve(truth, score)
    curve = detection.precision_recall_curve(indicator, truth)
    np.testing.assert_allclose(curve.precision, precision[:-1][::-1], rtol=1e-12, atol=0)
    np.testing.assert_allclose(curve.recall, recall[:-1][::-1], rtol=1e-12, atol=0)
    np.testing.assert_array_equal(curve.thresholds, (-thresholds if is_low else thresholds)[::-1])
    np.testing.assert_allclose(curve.average_precision, average_precision_score(truth, score), rtol=1e-12, atol=1e-12)
    assert curve.chance == truth.mean()
    best = max(f1_score(truth, indicator.flagged(each)) for each in indicator.values)
    np.testing.assert_allclose(curve.best_f1, best, rtol=1e-12, atol=0)
    np.testing.assert_allclose(f1_score(truth, indicator.flagged(curve.best_threshold)), best, rtol=1e-12, atol=0)
    now = precision_recall(indicator, truth, 0.5)
    flagged = indicator.flagged(0.5)
    assert now.n_flagged == flagged.sum()
    np.testing.assert_allclose(now.recall, recall_score(truth, flagged), rtol=1e-12, atol=0)
    np.testing.assert_allclose(now.f1, f1_score(truth, flagged, zero_division=0), rtol=1e-12, atol=0)
    if now.n_flagged:
        np.testing.assert_allclose(now.precision, precision_score(truth, flagged), rtol=1e-12, atol=0)
    else:
        assert np.isnan(now.precision)


def test_a_truth_that_cannot_be_measured_is_named():
    indicator = Indicator("norm", np.arange(4.0))
    with pytest.raises(ShapeError, match=r"shape \[3\] for 4 rows"):
        precision_recall(indicator, np.ones(3, bool), 1.0)
    with pytest.raises(ShapeError, match="none of the 4 rows"):
        detection.precision_recall_curve(indicator, np.zeros(4, bool))


def test_candidates_are_two_percent():
    indicator = Indicator("norm", np.arange(1001.0))
    assert indicator.flagged(candidate_threshold(indicator)).sum() == 21
    high = replace(indicator, is_low=False)
    assert high.flagged(candidate_threshold(high)).sum() == 21
    upper = np.arange(1001) >= 501
    assert candidate_threshold(indicator, upper) == pytest.approx(501 + 0.02 * 499)
    assert candidate_threshold(indicator, np.zeros(1001, bool)) == 20


def test_with_pydoc_gpt_the_truth_is_known_and_lengths_tell_it_but_the_cosine_does_not(pydoc):
    truth = untouched(pydoc.metadata)
    assert truth.sum() == 37_977
    unused = known_unused(pydoc.tokenizer)
    assert truth[unused].all()
    report = audit(pydoc.table, unused=unused)
    np.testing.assert_allclose(report.cosine.values, by_scikit_learn(pydoc.table, unused), rtol=0, atol=1e-7)
    measured = {}
    for each in report.indicators:
        score = -each.values if each.is_low else each.values
        curve = detection.precision_recall_curve(each, truth)
        np.testing.assert_allclose(curve.average_precision, average_precision_score(truth, score), rtol=1e-9, atol=0)
        now = precision_recall(each, truth, curve.best_threshold)
        flagged = score >= (-curve.best_threshold if each.is_low else curve.best_threshold)
        assert (now.precision, now.recall) == (precision_score(truth, flagged), recall_score(truth, flagged))
        measured[each.name] = round(curve.average_precision, 3)
    assert measured == {"norm": 1.0, "distance": 1.0, "cosine": 0.758, "norm gap": 1.0}
    assert round(truth.mean(), 3) == 0.756  # the cosine is no better than chance
    two_percent = precision_recall(
        report.norm, truth, candidate_threshold(report.norm, token_categories(pydoc.tokenizer).is_in("reachable"))
    )
    assert two_percent.precision == 1
    assert two_percent.n_flagged == 1009  # 2 % of 49,912, and so
    assert round(two_percent.recall, 3) == 0.027
    assert round(report.isotropy.mean_cosine, 4) == 0.0329
    assert round(float(report.isotropy.variance_shares[0]), 3) == 0.563


def test_the_truth_is_unknown_where_the_file_says_nothing_and_named_where_it_is_damaged(toy, untrained):
    assert untouched(toy.metadata) is None
    assert untouched(untrained.metadata) is None
    assert not are_untouched(toy.metadata, np.arange(6)).any()
    damaged = replace(toy.metadata, provenance={"trained_token_ids": "??"})
    with pytest.raises(ModelFileError, match="export the model again"):
        untouched(damaged)


def test_of_token_ids_those_are_named_that_training_never_touched(pydoc):
    ids = pydoc.tokenizer.encode("The cat sat on the mat").token_ids
    assert are_untouched(pydoc.metadata, ids).tolist() == [False, True, True, False, False, False]
    assert not are_untouched(pydoc.metadata, np.array([60_000])).any()  # an id without a row


def test_a_file_that_was_drawn_from_a_seed_says_that_nothing_was_trained(pydoc, toy, untrained):
    assert is_nothing_trained(toy.metadata)
    assert is_nothing_trained(untrained.metadata)
    assert not is_nothing_trained(pydoc.metadata)
    assert not is_nothing_trained(replace(toy.metadata, provenance={}))  # who knows
