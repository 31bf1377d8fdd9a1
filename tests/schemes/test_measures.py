"""Decay, word order and spread, each against its slow and obvious twin."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedcore import contract
from embedcore.errors import ShapeError
from embedcore.schemes import (
    T5,
    Alibi,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Shaw,
    Sinusoidal,
    Tokens,
    attention_weights,
    decay,
    moved,
    spread,
    without_positions,
    word_order,
)
from embedcore.schemes.rope_parameters import RopeParameters

VECTORS = np.random.default_rng(5).standard_normal((6, 12)).astype(np.float32)
HEADS = Heads(3, head=1)
ROPE = Rope(RopeParameters(3))


@pytest.mark.parametrize(
    "scheme", [NoPosition(), Sinusoidal(), Shaw(), T5(), Alibi(), ROPE], ids=lambda scheme: scheme.name
)
def test_decay_is_the_last_row_of_a_text_of_copies_read_backwards(scheme):
    copies = Tokens.of(np.repeat(VECTORS[:1], 10, axis=0))
    computed = decay(scheme, VECTORS[0], 9, HEADS)
    expected = scheme.attend(copies, copies, HEADS)
    for name in ("scores", "position"):
        np.testing.assert_allclose(
            getattr(computed, name)[0, 0],
            getattr(expected, name)[0, -1, ::-1],
            rtol=contract.SCORE_RTOL,
            atol=contract.SCORE_ATOL,
        )


def test_decay_reaches_far_beyond_any_text():
    computed = decay(Alibi(), VECTORS[0], 100_000, Heads(8, head=0) if VECTORS.shape[1] % 8 == 0 else HEADS)
    assert computed.scores.shape == (1, 1, 100_001)
    np.testing.assert_allclose(computed.position[0, 0, -1], -100_000 * 2**-8, rtol=contract.SCORE_RTOL, atol=1e-4)


@pytest.mark.parametrize(("reach", "words"), [(0, "reach is 0, but must be 1"), (-5, "reach is -5"), (10**9, "most")])
def test_a_reach_of_nothing_or_past_memory_is_named(reach, words):
    with pytest.raises(ShapeError, match=words):
        decay(Alibi(), VECTORS[0], reach, HEADS)


def test_learned_positions_end_where_their_table_ends():
    scheme = Learned(np.zeros((5, 12), np.float32))
    assert decay(scheme, VECTORS[0], 4, HEADS).scores.shape == (1, 1, 5)
    with pytest.raises(ShapeError, match="position 5 has no row: the model learned 5 positions"):
        decay(scheme, VECTORS[0], 5, HEADS)


@given(st.lists(st.integers(0, 3), max_size=12), st.randoms())
def test_moved_finds_every_token_where_it_went(ids, shuffle):
    after = list(ids)
    shuffle.shuffle(after)
    places = moved(np.array(ids, np.int64), np.array(after, np.int64))
    assert sorted(places.tolist()) == list(range(len(ids)))
    assert [after[place] for place in places] == ids
    for left, right in itertools.combinations(range(len(ids)), 2):
        if ids[left] == ids[right]:
            assert places[left] < places[right]  # equal tokens keep their order


def test_other_words_are_told_by_how_many():
    with pytest.raises(ShapeError, match="1 and 2 tokens of their own, of 3 and 4"):
        moved(np.array([1, 2, 3]), np.array([1, 2, 4, 5]))


def test_without_positions_no_score_differs_and_with_alibi_those_do_whose_distance_does():
    first, second = np.array([7, 8, 9, 5, 7, 6]), np.array([7, 6, 9, 5, 7, 8])
    places = moved(first, second)
    rows = {token: VECTORS[index] for index, token in enumerate([5, 6, 7, 8, 9])}
    sides = tuple(Tokens.of(np.stack([rows[token] for token in ids])) for ids in (first.tolist(), second.tolist()))
    plain = word_order(NoPosition(), sides, places, HEADS)
    assert plain.n_equal == 36
    assert plain.n_equal_inputs == 6
    assert plain.largest <= contract.SCORE_ATOL
    bias = word_order(Alibi(), sides, places, HEADS)
    for i, j in itertools.product(range(6), repeat=2):
        expected = -(2**-8) * (abs(places[i] - places[j]) - abs(i - j))
        assert bias.difference[i, j] == pytest.approx(expected, abs=contract.SCORE_ATOL)
    assert bias.n_equal == sum(
        abs(places[i] - places[j]) == abs(i - j) for i, j in itertools.product(range(6), repeat=2)
    )
    assert bias.n_equal_inputs == 6
    waves = word_order(Sinusoidal(), sides, places, HEADS)
    assert waves.n_equal_inputs == 4  # the two that changed places


@pytest.mark.parametrize("scheme", [NoPosition(), Sinusoidal(), Alibi(), ROPE], ids=lambda scheme: scheme.name)
def test_spread_is_the_root_mean_square_over_all_pairs(scheme):
    heads = Heads(3)
    computed = spread(scheme, VECTORS[2], VECTORS, 5, heads)
    table = np.empty((3, 6, 5))
    for token, place in itertools.product(range(6), range(5)):
        query, key = Tokens(VECTORS[2:3], np.array([4])), Tokens(VECTORS[token : token + 1], np.array([place]))
        table[:, token, place] = scheme.attend(query, key, heads).scores[:, 0, 0]
    by_place = [(table[h, t, a] - table[h, t, b]) ** 2 for h in range(3) for t in range(6) for a, b in itertools.combinations(range(5), 2)]  # fmt: skip
    by_token = [(table[h, s, p] - table[h, t, p]) ** 2 for h in range(3) for p in range(5) for s, t in itertools.combinations(range(6), 2)]  # fmt: skip
    assert computed.between_places == pytest.approx(math.sqrt(np.mean(by_place)), rel=1e-5, abs=1e-6)
    assert computed.between_tokens == pytest.approx(math.sqrt(np.mean(by_token)), rel=1e-5, abs=1e-6)


def test_spread_of_one_token_or_one_place_is_told_by_zero_and_infinity():
    assert spread(Alibi(), VECTORS[0], VECTORS[:1], 5, HEADS).ratio == math.inf
    assert spread(Alibi(), VECTORS[0], VECTORS, 1, HEADS).ratio == 0
    assert spread(NoPosition(), VECTORS[0], VECTORS[:1], 1, HEADS).ratio == 0
    assert spread(NoPosition(), VECTORS[0], VECTORS, 1000, HEADS).between_places == pytest.approx(0, abs=1e-6)


def test_attention_adds_up_to_one_and_causal_attention_looks_back_alone():
    tokens = Tokens.of(VECTORS)
    attention = Alibi().attend(tokens, tokens, Heads(3))
    for is_causal in (False, True):
        weights = attention_weights(attention, is_causal=is_causal)
        np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=0, atol=1e-12)
        i = 3
        kept = [math.exp(float(score)) for score in attention.scores[2, i, : i + 1 if is_causal else None]]
        np.testing.assert_allclose(weights[2, i, : len(kept)], np.array(kept) / sum(kept), rtol=1e-6, atol=1e-9)
        if is_causal:
            np.testing.assert_array_equal(weights[:, i, i + 1 :], 0)


@pytest.mark.parametrize("n_places", [64, 65, 200, 1000])
def test_spread_looks_at_places_over_the_whole_text(n_places):
    """ALiBi's score falls by the slope with each position, so its spread follows from the positions (Press et al. 2022)."""
    slopes = [2.0 ** (-8 * h / 4) for h in (1, 2, 3, 4)]
    places = sorted({index * (n_places - 1) // 63 for index in range(64)})
    pairs = [(a - b) ** 2 for a, b in itertools.combinations(places, 2)]
    expected = math.sqrt(sum(slope**2 for slope in slopes) / 4 * sum(pairs) / len(pairs))
    vectors = np.random.default_rng(5).standard_normal((3, 8), dtype=np.float32)
    assert spread(Alibi(), vectors[0], vectors, n_places, Heads(4)).between_places == pytest.approx(expected, rel=1e-5)


def test_what_changed_places_and_what_differs_most_is_said_of_a_word_order():
    sides = (Tokens.of(VECTORS), Tokens.of(VECTORS[[1, 0, 2, 3, 4, 5]]))
    comparison = word_order(Alibi(), sides, moved([1, 2, 3, 4, 5, 6], [2, 1, 3, 4, 5, 6]), HEADS)
    assert not comparison.is_same_order
    query, key = comparison.most_different
    assert abs(comparison.difference[query, key]) == comparison.largest
    assert comparison.largest == max(abs(number) for row in comparison.difference.tolist() for number in row)
    same = word_order(Alibi(), (sides[0], sides[0]), np.arange(6), HEADS)
    assert same.is_same_order
    assert same.most_different == (0, 0)


def test_without_positions_no_order_makes_a_difference():
    sides = (Tokens.of(VECTORS), Tokens.of(VECTORS[::-1].copy()))
    comparison = without_positions(sides, np.arange(6)[::-1].copy(), HEADS)
    assert comparison.n_equal == 36
    assert comparison.difference.shape == (6, 6)
    assert not comparison.is_same_order


@pytest.mark.parametrize("layout", ["interleaved", "halves"])
def test_the_first_vectors_are_those_that_the_scheme_adds(layout):
    waves = Sinusoidal(base=50.0, wave_layout=layout)
    np.testing.assert_array_equal(waves.first_vectors(7, 12), waves.added(np.arange(7), 12))
    assert waves.n_places is None
    learned = Learned(VECTORS)
    np.testing.assert_array_equal(learned.first_vectors(6, 12), VECTORS)
    np.testing.assert_array_equal(learned.first_vectors(2, 12), VECTORS[:2])
    assert (learned.n_places, Alibi().n_places) == (6, None)


@pytest.mark.parametrize(
    ("scheme", "n_positions", "d_model", "words"),
    [
        (Sinusoidal(), 0, 12, "n_positions is 0"),
        (Sinusoidal(), 4, 5, "d_model is 5, but sine and cosine come in pairs"),
        (Sinusoidal(), 10**12, 12, "1,000,000,000,000 places"),
        (Learned(VECTORS), 7, 12, "position 6 has no row: the model learned 6 positions"),
        (Learned(VECTORS), 0, 12, "n_positions is 0"),
        (Learned(VECTORS), 6, 10, "position vectors are 12 wide, but token vectors 10"),
    ],
)
def test_vectors_that_a_scheme_does_not_have_are_named(scheme, n_positions, d_model, words):
    with pytest.raises(ShapeError, match=words):
        scheme.first_vectors(n_positions, d_model)
