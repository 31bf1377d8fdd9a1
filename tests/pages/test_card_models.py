"""What a card says holds for every model that it names: its formula gives what the page shows, and transformers too.

The formulas are written down here once more, from the cards' LaTeX alone, one number at a time in float64. Each quotes
the pieces of LaTeX that it stands for, so that a card cannot change without its test.
"""

import math

import numpy as np
import pytest

from embedcore.contract import SCORE_ATOL, SCORE_RTOL
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
from embedcore.schemes.rope_parameters import RopeParameters
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.schemes import rope_extensions
from tests.card_models import EXTENSIONS, NOT_ON_A_CARD, SCHEMES
from tests.nn import huggingface
from tests.nn.oracles import dot

CARDS = {name: presentation.card for name, presentation in PRESENTATIONS.items()}
SCALINGS = {name: extension.card for name, extension in rope_extensions.EXTENSIONS.items()}
EACH = pytest.mark.parametrize(("name", "model"), [(name, model) for name, rows in SCHEMES.items() for model in rows])
EACH_EXTENSION = pytest.mark.parametrize(
    ("name", "model"), [(name, model) for name, card in SCALINGS.items() for model, _ in card.used_by]
)
PLACES = [0, 1, 2, 9, 40, 700]  # past T5's and DeBERTa's last distance
SEED = 7


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def scheme(name, row):
    """Return what the page draws with the row's numbers."""
    width = row.n_heads * row.head_dim
    makers = {
        "none": NoPosition, "learned": lambda: Learned(drawn(3, PLACES[-1] + 1, width)), "sinusoidal": Sinusoidal,
        "shaw": Shaw, "transformer-xl": TransformerXL, "bert-relative-key": BertRelative,
        "bert-relative-key-query": BertRelativeKeyQuery, "deberta": Deberta, "t5": T5, "alibi": Alibi,
        "rope": lambda **numbers: Rope(RopeParameters(row.n_heads, **numbers)),
    }  # fmt: skip
    seed = {"seed": SEED} if CARDS[name].learned != "nothing" and name != "learned" else {}
    return makers[name](**row.parameters, **seed)


class Case:
    """One head of some tokens: q(i), k(j) in float64, and the row's numbers."""

    def __init__(self, row, head):
        self.row, self.head, self.d = row, head, row.head_dim
        self.vectors = drawn(SEED, len(PLACES), row.n_heads * row.head_dim)

    def cut(self, vectors):
        return vectors[:, self.head * self.d : (self.head + 1) * self.d].astype(np.float64)


def waves(place, width, base, layout):
    """sin(x / b^(2i/d)) and cos(x / b^(2i/d)), at 2i and 2i + 1, or in halves at i and d/2 + i."""
    row = [0.0] * width
    for i in range(width // 2):
        angle = place / base ** (2 * i / width)
        first, second = (i, width // 2 + i) if layout == "halves" else (2 * i, 2 * i + 1)
        row[first], row[second] = math.sin(angle), math.cos(angle)
    return np.array(row)


def of_none(case):
    """q·k / √d."""
    x = case.cut(case.vectors)
    return lambda i, j: dot(x[i], x[j]) / math.sqrt(case.d)


def of_learned(case):
    """x = E + P."""
    x = case.cut(case.vectors + drawn(3, PLACES[-1] + 1, case.vectors.shape[1])[PLACES])
    return lambda i, j: dot(x[i], x[j]) / math.sqrt(case.d)


def of_sinusoidal(case):
    """x = √d_model · E + PE."""
    width = case.vectors.shape[1]
    layout = case.row.parameters.get("wave_layout")
    x = case.cut(
        math.sqrt(width) * case.vectors.astype(np.float64)
        + np.array([waves(place, width, 10_000.0, layout) for place in PLACES])
    )
    return lambda i, j: dot(x[i], x[j]) / math.sqrt(case.d)


def of_shaw(case):
    """q · (k + w_clip(j − i, k)) / √d."""
    x, k = case.cut(case.vectors), case.row.parameters["max_distance"]
    w = drawn(SEED, 2 * k + 1, case.d)

    def score(i, j):
        return dot(x[i], x[j] + w[max(-k, min(k, PLACES[j] - PLACES[i])) + k]) / math.sqrt(case.d)

    return score


def of_transformer_xl(case):
    """(q·k + q·R + u·k + v·R) / √d, W the identity."""
    x = case.cut(case.vectors)
    u, v = (drawn(SEED + turn, case.row.n_heads, 1, case.d)[case.head, 0] for turn in (0, 1))

    def score(i, j):
        r = waves(PLACES[i] - PLACES[j], case.d, 10_000.0, case.row.parameters["wave_layout"])
        return (dot(x[i], x[j]) + dot(x[i], r) + dot(u, x[j]) + dot(v, r)) / math.sqrt(case.d)

    return score


def of_bert(case, *, with_key):
    """(q·k + q·a (+ k·a)) / √d, a = w_max(1 − m, min(m − 1, i − j))."""
    x, m = case.cut(case.vectors), case.row.parameters["max_distance"]
    w = drawn(SEED, 2 * m - 1, case.d)  # of distances 1 − m … m − 1

    def score(i, j):
        a = w[max(1 - m, min(m - 1, PLACES[i] - PLACES[j])) + m - 1]
        return (dot(x[i], x[j]) + dot(x[i], a) + with_key * dot(x[j], a)) / math.sqrt(case.d)

    return score


def of_deberta(case):
    """(q·k + q·K_δ(i,j) + k·Q_δ(i,j)) / √(3d)."""
    x, m, n_buckets = (
        case.cut(case.vectors),
        case.row.parameters["max_distance"],
        case.row.parameters.get("n_buckets", 0),
    )
    k = n_buckets or m
    h = k // 2
    table = drawn(SEED, 2 * k, case.d)

    def beta(distance):
        if not n_buckets or abs(distance) <= h:
            return distance
        share = math.log(abs(distance) / h) / math.log((m - 1) / h)
        return int(math.copysign(h + math.ceil(share * (h - 1)), distance))

    def score(i, j):
        row = table[max(0, min(2 * k - 1, beta(PLACES[i] - PLACES[j]) + k))]
        return (dot(x[i], x[j]) + dot(x[i], row) + dot(x[j], row)) / math.sqrt(3 * case.d)

    return score


def of_t5(case):
    """q·k + b_{h, bucket(i − j)}, in both directions."""
    x, n, m = case.cut(case.vectors), case.row.parameters["n_buckets"], case.row.parameters["max_distance"]
    table = drawn(SEED, n, case.row.n_heads)
    each = n // 2
    exact = each // 2

    def score(i, j):
        distance = PLACES[i] - PLACES[j]
        y, o = abs(distance), each if distance < 0 else 0
        if y >= exact:
            y = min(each - 1, exact + math.floor(math.log(y / exact) / math.log(m / exact) * (each - exact)))
        return dot(x[i], x[j]) + float(table[o + y, case.head])

    return score


def slope(h, n, most):
    """m_h of the card, h from 1."""
    p = 2 ** math.floor(math.log2(n))
    return 2 ** (-most * h / p) if h <= p else 2 ** (-most * (2 * (h - p) - 1) / (2 * p))


def of_alibi(case):
    """q·k / √d − m_h |i − j|."""
    x, m = case.cut(case.vectors), slope(case.head + 1, case.row.n_heads, case.row.parameters.get("bias_max", 8))
    return lambda i, j: dot(x[i], x[j]) / math.sqrt(case.d) - m * abs(PLACES[i] - PLACES[j])


def of_rope(case):
    """The score of the turned vectors, θ_i = b^(−2i/r) for i < r/2."""
    x, numbers = case.cut(case.vectors), case.row.parameters
    r = numbers.get("rotary_dim") or case.d

    def turn(vector, place):
        turned = vector.copy()
        for i in range(r // 2):
            a, b = (2 * i, 2 * i + 1) if numbers.get("layout") == "interleaved" else (i, i + r // 2)
            angle = place * 10_000.0 ** (-2 * i / r)
            turned[a] = vector[a] * math.cos(angle) - vector[b] * math.sin(angle)
            turned[b] = vector[b] * math.cos(angle) + vector[a] * math.sin(angle)
        return turned

    turned = [turn(vector, place) for vector, place in zip(x, PLACES, strict=True)]
    return lambda i, j: dot(turned[i], turned[j]) / math.sqrt(case.d)


# Each card's formula, and what of its LaTeX stands behind it.
FORMULAS = {
    "none": (of_none, [r"\frac{q_i \cdot k_j}{\sqrt{d}}"]),
    "learned": (of_learned, ["x_i = E_{w_i} + P_i"]),
    "sinusoidal": (of_sinusoidal, [
        r"\sqrt{d_{\text{model}}}\, E_{w_{pos}} + PE_{pos}", r"PE_{(pos,\, 2i)} = \sin\frac{pos}{b^{2i/d_{\text{model}}}}",
        r"PE_{(pos,\, 2i+1)} = \cos\frac{pos}{b^{2i/d_{\text{model}}}}", r"\text{in halves: columns } i \text{ and } d_{\text{model}}/2 + i",
    ]),
    "shaw": (of_shaw, [r"q_i \cdot (k_j + a^K_{ij})", r"w^K_{\text{clip}(j - i,\, k)}", r"\max(-k, \min(k, x))"]),
    "transformer-xl": (of_transformer_xl, [
        "W_{k,R} R_{i-j}", r"u^\top k_j", r"v^\top W_{k,R}", r"R_{x,\, 2i} = \sin\frac{x}{b^{2i/d}}", r"\text{in halves: columns } i \text{ and } d/2 + i",
    ]),
    "bert-relative-key": (lambda case: of_bert(case, with_key=0), [r"q_i \cdot k_j + q_i \cdot a_{ij}}", r"w_{\max(1 - m,\, \min(m - 1,\, i - j))}"]),
    "bert-relative-key-query": (lambda case: of_bert(case, with_key=1), [r"+ k_j \cdot a_{ij}", r"w_{\max(1 - m,\, \min(m - 1,\, i - j))}"]),
    "deberta": (of_deberta, [
        r"\frac{1}{\sqrt{3d}}", r"K^r_{\delta(i,j)}", r"\underbrace{K^c_j \cdot Q^r_{\delta(i,j)}}_{\text{p2c}}", r"\text{p2c in the paper: } K^c_j \cdot Q^r_{\delta(j,i)}",
        r"\max(0, \min(2k - 1,\, \beta(i - j) + k))", r"\frac{\ln(|x| / h)}{\ln((m - 1) / h)}\, (h - 1)", r"h = \frac{k}{2}",
    ]),
    "t5": (of_t5, [
        r"q_i \cdot k_j + b_{h,\, \text{bucket}(i - j)}", r"\frac{\ln(y / E)}{\ln(m / E)}\, (B - E)", r"B = \frac{n}{2}, \quad y = |x|, \quad o = B \text{ for } x < 0",
    ]),
    "alibi": (of_alibi, [r"p = 2^{\lfloor \log_2 n \rfloor}", r"2^{-B h / p} & h \le p", r"2^{-B (2 (h - p) - 1) / 2p} & h > p", r"- m_h\, |i - j|"]),
    "rope": (of_rope, [r"\theta_i = b^{-2i/r}", r"i < \frac{r}{2}", r"(R_{\Theta,m}\, q_m) \cdot (R_{\Theta,n}\, k_n)}{\sqrt{d}}"]),
}  # fmt: skip


def test_every_name_on_a_card_has_a_row_and_every_row_a_name():
    """This holds for schemes that have rows; a scheme that is added brings tests of its own."""
    assert {name: [model for model, _ in CARDS[name].used_by] for name in SCHEMES} == {
        name: list(rows) for name, rows in SCHEMES.items()
    }
    named = {model for card in SCALINGS.values() for model, _ in card.used_by}
    assert named == set(EXTENSIONS) - NOT_ON_A_CARD
    assert list(FORMULAS) == [name for name in CARDS if name in SCHEMES] == list(SCHEMES)
    assert list(EXTENSION_FORMULAS) == list(SCALINGS)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_formulas_of_these_tests_are_the_cards(name):
    for piece in FORMULAS[name][1]:
        assert piece in CARDS[name].formula


@pytest.mark.parametrize("name", SCALINGS)
def test_the_formulas_of_these_extensions_are_the_cards(name):
    for piece in EXTENSION_FORMULAS[name][1]:
        assert piece in SCALINGS[name].formula


@EACH
def test_a_cards_formula_gives_what_the_page_shows_for_every_model_it_names(name, model):
    row = SCHEMES[name][model]
    for head in {0, row.n_heads - 1}:
        case = Case(row, head)
        tokens = Tokens(case.vectors, np.array(PLACES))
        heads = Heads(row.n_heads, head=head, is_normalized=False)
        computed = scheme(name, row).attend(tokens, tokens, heads).scores[0]
        score = FORMULAS[name][0](case)
        expected = [[score(i, j) for j in range(len(PLACES))] for i in range(len(PLACES))]
        atol = SCORE_ATOL * max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(computed, expected, rtol=SCORE_RTOL, atol=atol)


@pytest.mark.parametrize("n_heads", [1, 2, 3, 6, 12, 20, 32, 40, 112])
def test_the_slopes_of_the_alibi_card_are_those_of_the_page_and_of_bloom_for_any_number_of_heads(n_heads):
    expected = [slope(h, n_heads, 8) for h in range(1, n_heads + 1)]
    np.testing.assert_allclose(Alibi().slopes(Heads(n_heads)), expected, rtol=1e-6)
    np.testing.assert_allclose(huggingface.bloom_alibi(n_heads, 2)[:, 0, 1], expected, rtol=1e-6)


def log_softmax(scores):
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def shown(name, model, n=9):
    """Return what the page shows of every head for `n` tokens, with the heads' vectors."""
    row = SCHEMES[name][model]
    vectors = drawn(SEED, n, row.n_heads * row.head_dim)
    heads = Heads(row.n_heads, is_normalized=False)
    made = scheme(name, row)
    attention = made.attend(Tokens.of(vectors), Tokens.of(vectors), heads)
    return row, made, attention, heads.split(vectors)


def assert_shares(scores, shares):
    np.testing.assert_allclose(np.exp(log_softmax(scores.astype(np.float64))), shares, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("model", SCHEMES["deberta"])
def test_deberta_as_a_card_names_it_is_transformers_own(model):
    row, made, attention, vectors = shown("deberta", model)
    table = np.repeat(drawn(SEED, 2 * (made.n_buckets or 512), row.head_dim)[None], row.n_heads, axis=0)
    version = "v1" if model == "DeBERTa" else "v2"
    theirs = huggingface.deberta_log_shares(version, vectors, vectors, table, table, 512, made.n_buckets or -1)
    np.testing.assert_allclose(
        np.exp(log_softmax(attention.scores.astype(np.float64))), np.exp(theirs), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("model", SCHEMES["transformer-xl"])
def test_transformer_xl_as_a_card_names_it_is_xlnets_own(model):
    row, _, attention, vectors = shown("transformer-xl", model)
    identity = np.repeat(np.eye(row.head_dim, dtype=np.float32)[None], row.n_heads, axis=0)
    u, v = (drawn(SEED + turn, row.n_heads, 1, row.head_dim) for turn in (0, 1))
    assert_shares(attention.scores, huggingface.xlnet_shares(vectors, vectors, identity, u, v))


def test_shaw_and_berts_relative_key_as_a_card_names_them_are_transformers_own():
    row, _, attention, vectors = shown("shaw", "the paper's Transformer")
    assert_shares(attention.scores, huggingface.shaw_shares(vectors, vectors, drawn(SEED, 33, row.head_dim)))
    row, _, attention, vectors = shown("bert-relative-key", "bert-base-uncased-embedding-relative-key")
    assert_shares(attention.scores, huggingface.relative_key_shares(vectors, vectors, drawn(SEED, 1023, row.head_dim)))


@pytest.mark.parametrize("model", SCHEMES["t5"])
def test_t5_as_a_card_names_it_is_transformers_own(model):
    row, _, attention, _ = shown("t5", model)
    theirs = huggingface.t5_bias(range(9), 9, drawn(SEED, 32, row.n_heads), 128, is_bidirectional=True)
    np.testing.assert_allclose(attention.terms["bias"], theirs, rtol=1e-6)


@pytest.mark.parametrize("model", ["BLOOM", "MPT-7B", "MPT-7B-StoryWriter"])
def test_alibi_as_a_card_names_it_is_transformers_own(model):
    row, made, _, _ = shown("alibi", model, n=2)
    if model == "BLOOM":
        theirs = huggingface.bloom_alibi(row.n_heads, 2)[:, 0, 1]
    else:
        theirs = -huggingface.mpt_alibi(row.n_heads, 2, made.bias_max)[:, 0, 0]
    np.testing.assert_allclose(made.slopes(Heads(row.n_heads)), theirs, rtol=1e-6)


def test_marians_waves_as_a_card_names_them_are_transformers_own():
    row = SCHEMES["sinusoidal"]["MarianMT"]
    waves_added = scheme("sinusoidal", row).added(np.arange(40), 512)
    np.testing.assert_allclose(waves_added, huggingface.marian_positions(40, 512), rtol=1e-6, atol=1e-6)


def test_layers_without_rotation_are_those_that_the_card_names():
    """Layers 4, 8, 12 …, counted from 1."""
    smol = huggingface.config("smollm3", "SmolLM3Config").no_rope_layers
    llama = huggingface.config("llama4", "Llama4TextConfig").no_rope_layers
    cohere = [kind == "sliding_attention" for kind in huggingface.config("cohere2", "Cohere2Config").layer_types]
    for turns in (smol, llama, cohere):  # Cohere 2 turns its sliding layers alone
        assert [layer for layer, is_turned in enumerate(turns, start=1) if not is_turned] == list(
            range(4, len(turns) + 1, 4)
        )
    assert sum("in layers 4, 8, 12 …" in model for model, _ in CARDS["none"].used_by) == 3


# The extensions: frequencies [d/2] and the attention factor, of a row's numbers p, d dimensions and a sequence of ℓ.
def plainly(p, d, base=None):
    return [(base or p.base) ** (-2 * i / d) for i in range(d // 2)]


def of_dynamic(p, d, length):
    s, trained = p.value("factor"), p.value("original_length")
    return plainly(p, d, p.base * max(1, s * length / trained - (s - 1)) ** (d / (d - 2))), 1.0


def of_stepped(p, d, length):
    alpha = max(1, 2 ** math.ceil(math.log2(length / p.value("original_length")) + 1) - 1)
    return plainly(p, d, p.base * alpha ** (d / (d - 2))), 1.0


def of_yarn(p, d, _):
    s, trained = p.value("factor"), p.value("original_length")

    def pair(turns):
        return d / 2 * math.log(trained / (2 * math.pi * turns)) / math.log(p.base)

    first, last = pair(p.value("beta_fast")), pair(p.value("beta_slow"))
    if p.value("is_truncated"):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, d - 1)
    gammas = [1 - min(1, max(0, (i - first) / (last - first))) for i in range(d // 2)]
    mu, nu = p.value("mscale"), p.value("mscale_all_dim")
    factor = (0.1 * mu * math.log(s) + 1) / (0.1 * nu * math.log(s) + 1)
    return [(1 - g) * theta / s + g * theta for g, theta in zip(gammas, plainly(p, d), strict=True)], factor


def of_llama3(p, d, _):
    s, trained = p.value("factor"), p.value("original_length")
    alpha, beta = p.value("low_frequency_factor"), p.value("high_frequency_factor")
    frequencies = []
    for theta in plainly(p, d):
        gamma = min(1, max(0, (trained / (2 * math.pi / theta) - alpha) / (beta - alpha)))
        frequencies.append((1 - gamma) * theta / s + gamma * theta)
    return frequencies, 1.0


def of_longrope(p, d, length):
    s, trained = p.value("factor"), p.value("original_length")
    f = p.value("short_factors" if length <= trained else "long_factors")
    return [theta / each for theta, each in zip(plainly(p, d), f, strict=True)], math.sqrt(
        1 + math.log(s) / math.log(trained)
    )


def of_proportional(p, d, _):
    s, n = p.value("factor"), math.floor(p.value("proportion") * d / 2)
    return [theta / s if i < n else 0.0 for i, theta in enumerate(plainly(p, d))], 1.0


EXTENSION_FORMULAS = {
    "none": (lambda p, d, _: (plainly(p, d), 1.0), [r"\theta_i = b^{-2i/d}"]),
    "linear": (lambda p, d, _: ([theta / p.value("factor") for theta in plainly(p, d)], 1.0), [r"\frac{\theta_i}{s}"]),
    "ntk": (lambda p, d, _: (plainly(p, d, p.base * p.value("factor") ** (d / (d - 2))), 1.0), [r"b' = b\, s^{d/(d-2)}"]),
    "dynamic": (of_dynamic, [r"b' = b\, s'^{\,d/(d-2)}", r"\max\Big(1,\; s\,\frac{\ell}{L} - (s - 1)\Big)"]),
    "stepped": (of_stepped, [r"b' = b\, \alpha^{d/(d-2)}", r"\max\Big(1,\; 2^{\lceil \log_2 (\ell / L) + 1 \rceil} - 1\Big)"]),
    "yarn": (of_yarn, [r"(1 - \gamma_i)\,\frac{\theta_i}{s} + \gamma_i\,\theta_i", r"\frac{d}{2}\,\frac{\ln(L / 2\pi r)}{\ln b}", r"\frac{0.1\, \mu \ln s + 1}{0.1\, \nu \ln s + 1}"]),
    "llama3": (of_llama3, [r"\frac{L/\lambda_i - \alpha}{\beta - \alpha}", r"\lambda_i = \frac{2\pi}{\theta_i}"]),
    "longrope": (of_longrope, [r"\frac{\theta_i}{f_i}", r"f^{\text{short}} & \ell \le L", r"\sqrt{1 + \frac{\ln s}{\ln L}}"]),
    "proportional": (of_proportional, [r"\frac{b^{-2i/d}}{s} & i < \lfloor \rho\, d / 2 \rfloor", r"0 & \text{else}"]),
}  # fmt: skip


@EACH_EXTENSION
@pytest.mark.parametrize("length", [1, 4096, 8193, 16_384, 16_385, 70_000])
def test_an_extensions_formula_gives_what_the_page_shows_for_every_model_it_names(name, model, length):
    row = EXTENSIONS[model]
    parameters = RopeParameters(row.n_heads, **row.parameters)
    assert parameters.scaling == name
    frequencies = Rope(parameters).frequencies(row.head_dim, length=length)
    expected, factor = EXTENSION_FORMULAS[name][0](parameters, parameters.rotary_dim or row.head_dim, length)
    np.testing.assert_allclose(frequencies.values, expected, rtol=1e-12, atol=0)
    assert frequencies.attention_factor == pytest.approx(factor, rel=1e-12)
