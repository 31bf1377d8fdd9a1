"""Rotary positions on the Positions page; what stretches their frequencies stands in `rope_extensions`."""

from typing import Final

from embedcore.schemes import Rope
from embedcore.schemes.rope_parameters import ARGUMENTS
from pages.views.positions.presentation import Card, Code, Presentation, Variant
from pages.views.positions.schemes.rope_extensions import EXTENSIONS
from pages.views.positions.snippets import runtime_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES, SIDES

# Su et al. 2021, section 3.2; a query at m, a key at n, pairs i = 0 … r/2 − 1; r: rotary_dim
_CARD: Final = Card(
    sentence=(
        "Each pair of dimensions of a query or key is rotated by an angle that is proportional to its position. A score then "
        "depends on two positions only through their distance; where only the first r dimensions of a head are rotated, the "
        "other dimensions carry no position."
    ),
    formula=(
        r"\begin{gathered} \frac{(R_{\Theta,m}\, q_m) \cdot (R_{\Theta,n}\, k_n)}{\sqrt{d}} "
        r"= \frac{q_m^\top R_{\Theta,\, n-m}\, k_n}{\sqrt{d}} \\ \theta_i = b^{-2i/r}, \qquad i < \frac{r}{2} \end{gathered}"
    ),
    learned="nothing",
    fixed=(
        "one frequency for each pair, [rotary_dim / 2]: r = rotary_dim is the whole head in RoFormer and Llama, 24 of 96 "
        "dimensions in GPT-NeoX-20B, 64 of 256 in GPT-J"
    ),
    used_by=(
        ("RoFormer", "Su et al. 2021"),
        ("GPT-J", "Wang 2021"),
        ("GPT-NeoX-20B", "Black et al. 2022"),
        ("Llama", "Touvron et al. 2023"),
    ),
)


def _pytorch(scheme: Rope, case: Case) -> Code:
    parameters = scheme.parameters
    half, d = parameters.n_pairs(case.head_dim), 2 * parameters.n_pairs(case.head_dim)
    is_whole = d == case.head_dim
    first, rest = ("q", "") if is_whole else (f"q[..., :{d}]", f"q[..., {d}:]")
    if parameters.layout == "interleaved":
        repeat = "repeat_interleave(2, 1)"
        partner = f"torch.stack((-q[..., 1:{d}:2], q[..., :{d}:2]), -1).flatten(-2)"
    else:
        repeat = "repeat(1, 2)"
        partner = f"torch.cat((-q[..., {half}:{d}], q[..., :{half}]), -1)"
    turned = f"{first} * cos + partner * sin"
    words = f"{case.split}: each pair (x, y) rotated"
    if not is_whole:
        turned, words = (
            f"torch.cat(({turned}, {rest}), -1)",
            f"{words}, the last {case.head_dim - d} dimensions unchanged",
        )
    frequencies, attention_factor = EXTENSIONS[parameters.scaling].frequencies(parameters, case)
    cos, sin = "angles.cos().float()", "angles.sin().float()"
    if attention_factor:
        frequencies = [*frequencies, f"factor = {attention_factor}   # sharpens attention"]
        cos, sin = "(factor * angles.cos()).float()", "(factor * angles.sin()).float()"
    return Code(
        scores=[
            f"pairs = torch.arange({half}).double()",
            *frequencies,
            f"angles = (torch.arange({case.n})[:, None] * frequencies).{repeat}   # [{case.n}, {d}]",
            f"cos, sin = {cos}, {sin}   # [{case.n}, {d}]",
            f"partner = {partner}",
            f"q = k = {turned}   # {words}",
            f"scores = q @ k.mT / {case.root}   # {case.scores}",
        ]
    )


def _runtime(scheme: Rope, case: Case) -> Code:
    parameters, half = scheme.parameters, scheme.parameters.n_pairs(case.head_dim)
    values = {"length": case.n, **parameters.arguments(case.head_dim)}
    inputs = {"pairs": f"np.arange({half})"}
    inputs |= {name: runtime_lines.number(values[name]) for name in ARGUMENTS[parameters.scaling]}
    turned = {
        "frequencies": "frequencies",
        "attention_factor": "attention_factor",
        "is_interleaved": f"np.array({parameters.layout == 'interleaved'})",
    }
    return Code(
        scores=[
            runtime_lines.places(case, is_real=True),
            *runtime_lines.graph(f"rope_{parameters.scaling}", inputs),
            f"frequencies, attention_factor = graph.run(None, inputs)   # [{half}], radians per position; one number",
            *runtime_lines.graph("rope", SIDES | PLACES | turned),
            runtime_lines.run_scores(case),
        ]
    )


def _extension(scheme: Rope) -> Variant | None:
    """Return what stretches the frequencies, where anything does."""
    scaling = scheme.parameters.scaling
    return None if scaling == "none" else EXTENSIONS[scaling]


PRESENTED: Final = (
    Presentation(scheme=Rope, card=_CARD, pytorch=_pytorch, runtime=_runtime, variants=EXTENSIONS, variant=_extension),
)
