"""Every scheme's answer on real tokens, against its paper's formula in float64, one pair at a time."""

import math
from functools import partial

import numpy as np
import pytest

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.schemes import (
    T5,
    Alibi,
    BertRelative,
    BertRelativeKeyQuery,
    Deberta,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    Tokens,
    TransformerXL,
)
from embedcore.schemes.attention import check_scores, drawn
from embedcore.schemes.rope_parameters import RopeParameters

D_MODEL, N_HEADS = 24, 3
HEAD_DIM = D_MODEL // N_HEADS
VECTORS = np.random.default_rng(5).standard_normal((7, D_MODEL)).astype(np.float32)
TABLE = np.random.default_rng(6).standard_normal((50, D_MODEL)).astype(np.float32)
QUERIES, KEYS = Tokens(VECTORS[:4], np.array([3, 9, 0, 40])), Tokens(VECTORS[2:], np.array([0, 3, 5, 12, 41]))


def heads_of(rows, *, is_normalized=True):
    """Return [n_heads][n][head_dim], float64: Ba et al. 2016, equation 4, then cut."""
    cut = []
    for row in rows.astype(np.float64):
        mean = math.fsum(row) / D_MODEL
        variance = math.fsum((x - mean) ** 2 for x in row) / D_MODEL
        cut.append([(x - mean) / math.sqrt(variance + 1e-5) if is_normalized else x for x in row])
    return [[row[h * HEAD_DIM : (h + 1) * HEAD_DIM] for row in cut] for h in range(N_HEADS)]


def dot(x, y):
    return math.fsum(float(a) * float(b) for a, b in zip(x, y, strict=True))


def wave(place, width, base):
    return [
        (math.sin if column % 2 == 0 else math.cos)(place / base ** ((column - column % 2) / width))
        for column in range(width)
    ]


def plain(q, k, i, j, h):
    return dot(q, k) / math.sqrt(HEAD_DIM)


def shaw(q, k, i, j, h):
    keys = drawn(7, 2 * 4 + 1, HEAD_DIM)
    return plain(q, k, i, j, h) + dot(q, keys[max(-4, min(4, j - i)) + 4]) / math.sqrt(HEAD_DIM)


def bert(q, k, i, j, h):
    return plain(q, k, i, j, h) + dot(q, drawn(7, 2 * 6 - 1, HEAD_DIM)[max(-5, min(5, i - j)) + 5]) / math.sqrt(
        HEAD_DIM
    )


def bert_query(q, k, i, j, h):
    return bert(q, k, i, j, h) + dot(k, drawn(7, 2 * 6 - 1, HEAD_DIM)[max(-5, min(5, i - j)) + 5]) / math.sqrt(HEAD_DIM)


def deberta(q, k, i, j, h, *, is_released=True):
    table = drawn(7, 2 * 6, HEAD_DIM)
    back, ahead = (max(0, min(11, distance + 6)) for distance in (i - j, j - i))
    return (dot(q, k) + dot(q, table[back]) + dot(k, table[back if is_released else ahead])) / math.sqrt(3 * HEAD_DIM)


def transformer_xl(q, k, i, j, h):
    u, v = drawn(7, N_HEADS, 1, HEAD_DIM)[h, 0], drawn(8, N_HEADS, 1, HEAD_DIM)[h, 0]
    r = wave(i - j, HEAD_DIM, 500.0)
    return (dot(q, k) + dot(q, r) + dot(u, k) + dot(v, r)) / math.sqrt(HEAD_DIM)


def t5(q, k, i, j, h):
    """Raffel et al. 2020: of 8 buckets, 4 are for each direction; 2 of these are exact, the last begins at 2·√(20/2) = 6.3."""
    size = abs(i - j)
    bucket = size if size < 2 else 2 if size < math.sqrt(2 * 20) else 3
    return dot(q, k) + float(drawn(7, 8, N_HEADS)[bucket + (4 if j > i else 0), h])


def alibi(q, k, i, j, h):
    """Press et al. 2022: three heads have the slopes of two heads, then the first slope of four heads."""
    return plain(q, k, i, j, h) - [2**-4, 2**-8, 2**-2][h] * abs(i - j)


def rope(layout):
    def score(q, k, i, j, h):
        def turn(vector, place):
            turned = list(vector)
            for pair in range(HEAD_DIM // 2):
                x, y = (2 * pair, 2 * pair + 1) if layout == "interleaved" else (pair, pair + HEAD_DIM // 2)
                angle = place * 500.0 ** (-2 * pair / HEAD_DIM)
                turned[x] = vector[x] * math.cos(angle) - vector[y] * math.sin(angle)
                turned[y] = vector[y] * math.cos(angle) + vector[x] * math.sin(angle)
            return turned

        return plain(turn(q, i), turn(k, j), i, j, h)

    return score


RELATIVE = {
    "none": (NoPosition(), plain),
    "shaw": (Shaw(max_distance=4, seed=7), shaw),
    "transformer-xl": (TransformerXL(base=500.0, seed=7), transformer_xl),
    "bert-relative-key": (BertRelative(max_distance=6, seed=7), bert),
    "bert-relative-key-query": (BertRelativeKeyQuery(max_distance=6, seed=7), bert_query),
    "deberta": (Deberta(max_distance=6, seed=7), deberta),
    "deberta paper": (Deberta(max_distance=6, seed=7, is_released=False), partial(deberta, is_released=False)),
    "t5": (T5(n_buckets=8, max_distance=20, seed=7), t5),
    "alibi": (Alibi(), alibi),
    "rope half": (Rope(RopeParameters(N_HEADS, base=500.0)), rope("half")),
    "rope interleaved": (Rope(RopeParameters(N_HEADS, base=500.0, layout="interleaved")), rope("interleaved")),
}
ALL = [*(scheme for scheme, _ in RELATIVE.values()), Learned(TABLE), Sinusoidal(base=500.0)]


def expected(number, queries, keys, *, is_normalized=True, rows=(QUERIES.vectors, KEYS.vectors)):
    q, k = (heads_of(side, is_normalized=is_normalized) for side in rows)
    places = queries.positions.tolist(), keys.positions.tolist()
    return np.array(
        [
            [
                [number(q[h][a], k[h][b], places[0][a], places[1][b], h) for b in range(len(k[h]))]
                for a in range(len(q[h]))
            ]
            for h in range(N_HEADS)
        ]
    )


def assert_scores(computed, wanted):
    atol = contract.SCORE_ATOL * max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(computed, wanted, rtol=contract.SCORE_RTOL, atol=atol)


@pytest.mark.parametrize("is_normalized", [True, False])
@pytest.mark.parametrize("name", RELATIVE)
def test_a_schemes_scores_are_its_papers(name, is_normalized):
    scheme, number = RELATIVE[name]
    attention = scheme.attend(QUERIES, KEYS, Heads(N_HEADS, is_normalized=is_normalized))
    assert attention.scores.shape == (N_HEADS, 4, 5)
    assert_scores(attention.scores, expected(number, QUERIES, KEYS, is_normalized=is_normalized))


@pytest.mark.parametrize("scale", [1.0, math.sqrt(D_MODEL)])
def test_sinusoidal_scores_are_those_of_scaled_rows_and_waves_added(scale):
    sides = [
        side.vectors * np.float64(scale) + [wave(place, D_MODEL, 500.0) for place in side.positions.tolist()]
        for side in (QUERIES, KEYS)
    ]
    attention = Sinusoidal(base=500.0, row_scale=None if scale != 1.0 else 1.0).attend(QUERIES, KEYS, Heads(N_HEADS))
    assert_scores(attention.scores, expected(plain, QUERIES, KEYS, rows=sides))


def test_learned_scores_are_those_of_rows_and_the_tables_rows_added():
    sides = [side.vectors.astype(np.float64) + TABLE[side.positions] for side in (QUERIES, KEYS)]
    assert_scores(
        Learned(TABLE).attend(QUERIES, KEYS, Heads(N_HEADS)).scores, expected(plain, QUERIES, KEYS, rows=sides)
    )


@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.name)
def test_one_head_is_its_slice_of_all(scheme):
    every = scheme.attend(QUERIES, KEYS, Heads(N_HEADS))
    for head in range(N_HEADS):
        one = scheme.attend(QUERIES, KEYS, Heads(N_HEADS, head=head))
        assert one.scores.shape == (1, 4, 5)
        assert_scores(one.scores[0], every.scores[head])
        assert_scores(one.position[0], every.position[head])


@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.name)
def test_terms_add_up_and_content_is_the_score_without_positions(scheme):
    attention = scheme.attend(QUERIES, KEYS, Heads(N_HEADS))
    if attention.terms:
        assert_scores(sum(attention.terms.values()), attention.scores)
        assert_scores(next(iter(attention.terms.values())), attention.content)
    root = {"t5": math.sqrt(HEAD_DIM), "deberta": 1 / math.sqrt(3)}.get(scheme.name, 1.0)
    if scheme.name != "sinusoidal":
        assert_scores(attention.content, NoPosition().attend(QUERIES, KEYS, Heads(N_HEADS)).scores * root)


@pytest.mark.parametrize("name", ["rope half", "rope interleaved", "transformer-xl"])
def test_the_scores_of_all_pairs_add_up_to_the_score(name):
    scheme = RELATIVE[name][0]
    total = sum(scheme.attend(QUERIES, KEYS, Heads(N_HEADS, pair=pair)).scores for pair in range(HEAD_DIM // 2))
    assert_scores(total, scheme.attend(QUERIES, KEYS, Heads(N_HEADS)).scores)


def test_the_scores_of_all_pairs_of_waves_add_up_too():
    scheme = Sinusoidal()
    parts = [scheme.attend(QUERIES, KEYS, Heads(N_HEADS, pair=pair)) for pair in range(HEAD_DIM // 2)]
    whole = scheme.attend(QUERIES, KEYS, Heads(N_HEADS))
    assert_scores(sum(part.scores for part in parts), whole.scores)
    assert_scores(sum(part.content for part in parts), whole.content)


def test_what_a_scheme_gives_is_what_its_score_uses():
    """Row j of a strip is the vector that the chosen query meets at key j, so q·row is the position's part of the score."""
    places = np.arange(7)
    tokens, heads = Tokens.of(VECTORS), Heads(N_HEADS, head=1)
    query = heads.split(VECTORS)[0, 4]
    for scheme in (Shaw(max_distance=2), BertRelative(max_distance=3)):
        strip = scheme.strips(4, places, D_MODEL, heads)[0].values
        assert strip.shape == (7, HEAD_DIM)
        assert_scores(strip @ query / math.sqrt(HEAD_DIM), scheme.attend(tokens, tokens, heads).position[0, 4])
    values = Shaw(max_distance=2, seed=5).strips(4, places, D_MODEL, heads)[1].values  # another table than the keys'
    np.testing.assert_array_equal(values, drawn(6, 5, HEAD_DIM)[[0, 0, 0, 1, 2, 3, 4]])
    for scheme in (T5(), Alibi()):
        strip = scheme.strips(4, places, D_MODEL, heads)[0].values
        assert strip.shape == (7, N_HEADS)
        assert_scores(strip[:, 1], scheme.attend(tokens, tokens, heads).position[0, 4])
    cos, sin = (strip.values for strip in Rope(RopeParameters(N_HEADS)).strips(4, places, D_MODEL, heads))
    np.testing.assert_allclose(cos**2 + sin**2, 1, rtol=0, atol=contract.SUM_ATOL)
    np.testing.assert_allclose(cos[:, 0], np.cos(places), rtol=0, atol=contract.SUM_ATOL)
    np.testing.assert_array_equal(Learned(TABLE).strips(4, places, D_MODEL, heads)[0].values, TABLE[:7])
    r = TransformerXL().strips(4, places, D_MODEL, heads)[0].values
    np.testing.assert_allclose(r, [wave(4 - j, HEAD_DIM, 1e4) for j in range(7)], rtol=0, atol=contract.SUM_ATOL)
    assert Deberta(max_distance=3).strips(4, places, D_MODEL, heads)[0].values.shape == (7, HEAD_DIM)
    assert NoPosition().strips(4, places, D_MODEL, heads) == ()


BAD = {
    "heads that do not divide": (NoPosition(), Heads(5), "24 does not divide into 5 heads: choose one of 1, 2, 3, 4"),
    "no head": (NoPosition(), Heads(0), "24 does not divide into 0"),
    "a head beyond": (NoPosition(), Heads(3, head=3), r"head 3 is outside 0…2"),
    "a pair beyond": (NoPosition(), Heads(3, pair=4), r"pair 4 is outside 0…3"),
    "a base of zero": (Sinusoidal(base=0.0), Heads(3), "base is 0.*above 0"),
    "a base below zero": (TransformerXL(base=-1.0), Heads(3), "base is -1"),
    "a base that is none": (Rope(RopeParameters(3, base=math.nan)), Heads(3), "base is nan"),
    "a factor below one": (Rope(RopeParameters(3, scaling="linear", factor=0.5)), Heads(3), "factor is 0.5.*1 or more"),
    "no trained length": (Rope(RopeParameters(3, scaling="yarn", original_length=0)), Heads(3), "length is 0.*1 or"),
    "an odd head": (Rope(RopeParameters(8)), Heads(8), "head_dim is 3.*4"),
    "no distance": (Shaw(max_distance=0), Heads(3), "max_distance is 0.*1 or more"),
    "few buckets": (T5(n_buckets=2), Heads(3), "n_buckets is 2.*4 or more"),
    "near buckets": (T5(max_distance=8), Heads(3), "max_distance is 8.*first 8"),
    "odd log buckets": (Deberta(n_buckets=5), Heads(3), "n_buckets is 5.*even"),
    "a seed below zero": (Shaw(seed=-1), Heads(3), "seed is -1.*0 or more"),
    "a place past the table": (Learned(TABLE[:41]), Heads(3), "position 41.*41 positions"),
    "another width": (Learned(TABLE[:, :6]), Heads(3), "6 wide, but token vectors 24"),
    "another table": (Shaw(table=TABLE), Heads(3), r"\[50, 24\].*\[33, 8\]"),
    "learned numbers past memory": (BertRelative(max_distance=10**8), Heads(3), "400,000,000 is the most"),
}


@pytest.mark.parametrize(("scheme", "heads", "words"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_named_with_both_numbers(scheme, heads, words):
    with pytest.raises(ShapeError, match=words):
        scheme.attend(QUERIES, KEYS, heads)


def test_no_token_and_too_many_are_refused_before_memory_ends():
    empty = Tokens(np.zeros((0, D_MODEL), np.float32), np.zeros(0, np.int64))
    with pytest.raises(ShapeError, match="n_keys is 0, but must be 1 or more"):
        NoPosition().attend(QUERIES, empty, Heads(3))
    many = Tokens.of(np.zeros((20_000, 2), np.float32))
    with pytest.raises(ShapeError, match=r"20,000 × 20,000 tokens in 1 heads would take 1,600,000,000 bytes"):
        NoPosition().attend(many, many, Heads(1))


def test_every_head_counts_where_memory_ends():
    """7,000 × 7,000 scores are 196 MB, within the bound; three heads of them are not, and one of three is."""
    many = Tokens.of(np.zeros((7_000, 3), np.float32))
    check_scores(many, many, Heads(1))
    check_scores(many, many, Heads(3, head=2))
    with pytest.raises(
        ShapeError, match=r"7,000 × 7,000 tokens in 3 heads would take 588,000,000 bytes, and 400,000,000"
    ):
        check_scores(many, many, Heads(3))
