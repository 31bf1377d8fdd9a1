"""ALiBi on the Positions page."""

from typing import Final

from embedcore.schemes import Alibi, Heads
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES

# Press et al. 2022, section 3, and its code; h = 1 … n heads; B: alibi_bias_max of MPT's code
_CARD: Final = Card(
    sentence=(
        "The score decreases linearly with the distance, with a steep slope in some heads and a small one in others. Nothing is "
        "added at the input, and nothing is trained."
    ),
    formula=(
        r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}} - m_h\, |i - j|, \qquad p = 2^{\lfloor \log_2 n \rfloor} \\"
        r"m_h = \begin{cases} 2^{-B h / p} & h \le p \\ 2^{-B (2 (h - p) - 1) / 2p} & h > p \end{cases} \end{gathered}"
    ),
    learned="nothing",
    fixed=(
        "one slope for each head, [n_heads], for heads h from 1 to n; B is 8 except in MPT-7B-StoryWriter, where it is 16 "
        "(bias_max)"
    ),
    used_by=(
        ("the paper's language models", "Press et al. 2022"),
        ("BLOOM", "Scao et al. 2022"),
        ("MPT-7B", "MosaicML 2023"),
        ("MPT-7B-StoryWriter", "MosaicML 2023"),
    ),
)


def _pytorch(scheme: Alibi, case: Case) -> Code:
    n, most = case.n_heads, scheme.bias_max
    power = 2 ** (n.bit_length() - 1)
    lines = [
        torch_lines.distances(case),
        f"exponents = {most:g} * torch.arange(1, {power + 1}) / {power}   # [{power}]",
    ]
    if n > power:
        more = f"{most / 2:g} * torch.arange(1, {2 * (n - power)}, 2) / {power}"
        lines.append(f"exponents = torch.cat((exponents, {more}))   # [{n}]: {n} is no power of two")
    return Code(
        scores=[
            *lines,
            f"slopes = 2.0 ** -exponents{case.chosen}   # [{case.n_chosen}]",
            f"scores = q @ k.mT / {case.root} - slopes[:, None, None] * distances.abs()   # {case.scores}",
        ]
    )


def _runtime(scheme: Alibi, case: Case) -> Code:
    inputs = {
        "n_heads": f"np.array({case.n_heads})",
        "heads": f"np.arange({case.n_heads}){case.chosen}",
        "bias_max": runtime_lines.number(scheme.bias_max),
    }
    return Code(
        scores=[
            runtime_lines.places(case, is_real=True),
            *runtime_lines.graph("alibi", PLACES | inputs),
            f'bias = graph.run(["attention_bias"], inputs)[0]   # {case.scores}',
            f"scores = q @ k.transpose(0, 2, 1) / {case.root} + bias   # {case.scores}",
        ]
    )


def _note(scheme: Alibi, heads: Heads) -> str:
    slopes = scheme.slopes(Heads(heads.n_heads))
    return f"The slopes of the heads are {', '.join(f'{slope:.4g}' for slope in slopes)}."


PRESENTED: Final = (Presentation(scheme=Alibi, card=_CARD, pytorch=_pytorch, runtime=_runtime, note=_note),)
