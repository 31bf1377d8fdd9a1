"""What a page says of the schemes: every one has its card, and a card agrees with what the schemes compute."""

import re
from dataclasses import fields

import numpy as np
import pytest

import embedcore.schemes
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
    rope_parameters,
)
from embedcore.schemes.outputs import SCHEME_OUTPUTS
from embedcore.schemes.registry import SCHEMES as DECLARATIONS
from embedcore.schemes.rope_parameters import RopeParameters
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.schemes.rope_extensions import EXTENSIONS

CARDS = {name: presentation.card for name, presentation in PRESENTATIONS.items()}
SCALINGS = {name: extension.card for name, extension in EXTENSIONS.items()}
EVERY = {**CARDS, **{f"rope, {name}": card for name, card in SCALINGS.items()}}
SIZES = {"d_model": 24, "n_heads": 3, "head_dim": 8, "max_distance": 5, "n_buckets": 6, "context_length": 11}
TOKENS = Tokens.of(np.random.default_rng(0).standard_normal((4, 24), dtype=np.float32))
SCHEMES = {
    scheme.name: scheme
    for scheme in (
        NoPosition(),
        Learned(np.ones((11, 24), np.float32)),
        Sinusoidal(),
        Shaw(max_distance=5),
        TransformerXL(),
        BertRelative(max_distance=5),
        BertRelativeKeyQuery(max_distance=5),
        Deberta(max_distance=5),
        T5(max_distance=5, n_buckets=6),
        Alibi(),
        Rope(RopeParameters(3)),
    )
}
# What Streamlit's KaTeX was seen to draw.
COMMANDS = (
    r"\frac \sqrt \text \cdot \qquad \quad \sin \cos \max \min \ln \Big \underbrace \top \tilde \delta \Theta \theta \gamma "
    r"\lambda \alpha \beta \pi \ell \le \lfloor \rfloor \lceil \rceil \log \mu \nu \rho \ge \begin \end \, \; \\"
)


def shapes(text, **more):
    """Return every shape that a text names in brackets, in numbers."""
    names = SIZES | more
    plain = text.replace("·", "*").replace("−", "-")
    return {tuple(int(size) for size in eval(shape, {}, names)) for shape in re.findall(r"\[.+?\]", plain)}


def test_the_cards_are_those_of_the_schemes_in_their_order():
    assert list(CARDS) == list(SCHEME_OUTPUTS)
    assert list(SCALINGS) == list(rope_parameters.SCALINGS)
    assert [name for name in CARDS if name in SCHEMES] == list(SCHEMES)
    for named in (DECLARATIONS, EXTENSIONS):
        titles = {one.title for one in named.values()}
        assert len(titles) == len(named)
        assert all(title and title == title.strip() and "  " not in title for title in titles)


@pytest.mark.parametrize("card", EVERY.values(), ids=EVERY)
def test_every_card_is_whole(card):
    assert all(getattr(card, field.name) for field in fields(card))
    for text in (card.sentence, card.learned, card.fixed):
        assert text == text.strip()
        assert "  " not in text
    assert card.sentence.endswith(".")
    assert len(re.findall(r"\.(?: [A-Z]|$)", card.sentence)) <= 2
    assert not card.learned.endswith(".")  # the page ends its line
    assert not card.fixed.endswith(".")
    for models, source in card.used_by:
        assert models
        assert re.fullmatch(r"[\w-]+(?: et al\.| [A-Z]\w+)? (?:19|20)\d\d", source), source


@pytest.mark.parametrize("card", EVERY.values(), ids=EVERY)
def test_formulas_are_balanced_latex(card):
    depth = 0
    for mark in re.findall(r"(?<!\\)[{}]", card.formula):
        depth += 1 if mark == "{" else -1
        assert depth >= 0
    assert depth == 0
    outside = re.sub(r"\\Big[()]", "", card.formula)
    assert card.formula.count(r"\Big(") == card.formula.count(r"\Big)")
    assert outside.count("(") == outside.count(")")
    for block in ("cases", "gathered"):
        assert card.formula.count(rf"\begin{{{block}}}") == card.formula.count(rf"\end{{{block}}}")
    assert set(re.findall(r"\\(?:[A-Za-z]+|.)", card.formula)) <= set(COMMANDS.split())


@pytest.mark.parametrize("name", SCHEMES)
def test_what_a_card_calls_learned_is_what_the_scheme_draws_or_holds(name, monkeypatch):
    drawn = set()

    def record(seed, *shape, turn=0):
        drawn.add(tuple(size for size in shape if size > 1))
        return np.ones(shape, np.float32)

    for module in ("attention", "shaw", "transformer_xl"):
        monkeypatch.setattr(f"embedcore.schemes.{module}.drawn", record)
    scheme = SCHEMES[name]
    if isinstance(scheme, Learned):
        drawn.add(scheme.table.shape)
    scheme.attend(TOKENS, TOKENS, Heads(3))
    assert drawn == shapes(CARDS[name].learned, k=5)
    assert (CARDS[name].learned == "nothing") == (not drawn)
    assert (CARDS[name].learned == "nothing") == (name in ("none", "sinusoidal", "alibi", "rope"))


def test_k_of_deberta_is_the_number_of_buckets_where_there_are_any():
    table = np.ones((12, 8), np.float32)
    assert shapes(CARDS["deberta"].learned, k=6) == {table.shape}
    assert Deberta(max_distance=9, n_buckets=6, table=table).attend(TOKENS, TOKENS, Heads(3)).terms


def test_what_a_card_calls_fixed_has_the_shape_that_it_says():
    waves = embedcore.schemes.sinusoidal(7, 24)
    assert shapes(CARDS["sinusoidal"].fixed, n_positions=7) == {waves.shape}
    assert shapes(CARDS["alibi"].fixed) == {SCHEMES["alibi"].slopes(Heads(3)).shape}
    assert shapes(CARDS["rope"].fixed, rotary_dim=8) == {SCHEMES["rope"].frequencies(8, length=4).values.shape}
    assert shapes(SCALINGS["longrope"].learned) == {SCHEMES["rope"].frequencies(8, length=4).values.shape}


@pytest.mark.parametrize(
    "name", ["transformer-xl", "deberta", "bert-relative-key", "bert-relative-key-query", "t5", "alibi"]
)
def test_formulas_have_the_terms_that_the_scheme_adds_up(name):
    written = {
        r"q_i \cdot k_j": "q·k",
        r"q_i \cdot a_{ij}": "q·a",
        r"k_j \cdot a_{ij}": "k·a",
        "b_{h": "bias",
        "m_h": "bias",
    }
    written |= {f"_{{({letter})}}": f"({letter})" for letter in "abcd"}
    written |= {rf"_{{\text{{{term}}}}}": term for term in ("c2c", "c2p", "p2c")}
    terms = {term for code, term in written.items() if code in CARDS[name].formula}
    assert terms == set(SCHEMES[name].attend(TOKENS, TOKENS, Heads(3)).terms)


@pytest.mark.parametrize("name", SCHEMES)
def test_formulas_divide_by_the_root_that_the_scheme_divides_by(name):
    heads = Heads(1, is_normalized=False)
    unit = np.zeros((1, 24), np.float32)
    unit[0, 0] = 1.0
    content = SCHEMES[name].attend(Tokens.of(unit), Tokens.of(unit), heads).content[0, 0, 0]
    formula = CARDS[name].formula
    root = {"t5": 1.0, "deberta": 72**0.5}.get(name, 24**0.5)
    row_scale = 24.0 if name == "sinusoidal" else 1.0  # √d_model in the query and in the key
    assert content == pytest.approx(row_scale / root, rel=1e-6)
    assert (r"\sqrt{3d}" in formula) == (name == "deberta")
    if name not in ("deberta", "t5", "sinusoidal"):
        assert r"\sqrt{d}" in formula
    assert (r"\sqrt" not in formula) == (name == "t5")
    assert (r"\sqrt{d_{\text{model}}}" in formula) == (name == "sinusoidal")
