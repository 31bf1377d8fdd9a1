"""Sinusoidal positions on the Positions page."""

from typing import Final

from embedcore.schemes import Sinusoidal
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case

# Vaswani et al. 2017, sections 3.4 and 3.5; b: the base, 10000 in the paper
_CARD: Final = Card(
    sentence=(
        "Each position has a fixed vector of sines and cosines, which is added at the input: short wavelengths distinguish "
        "neighboring positions, and long wavelengths distant ones. The paper multiplies the token vectors by √d_model first."
    ),
    formula=(
        r"\begin{gathered} x_{pos} = \sqrt{d_{\text{model}}}\, E_{w_{pos}} + PE_{pos} \\"
        r"PE_{(pos,\, 2i)} = \sin\frac{pos}{b^{2i/d_{\text{model}}}} \\"
        r"PE_{(pos,\, 2i+1)} = \cos\frac{pos}{b^{2i/d_{\text{model}}}} \\"
        r"\text{in halves: columns } i \text{ and } d_{\text{model}}/2 + i \end{gathered}"
    ),
    learned="nothing",
    fixed="the waves, [n_positions, d_model]; MarianMT has them in halves, all sines before all cosines",
    used_by=(("the first Transformer", "Vaswani et al. 2017"), ("MarianMT", "Junczys-Dowmunt et al. 2018")),
)


def _pytorch(scheme: Sinusoidal, case: Case) -> Code:
    return Code(
        vectors=[
            *torch_lines.waves(f"torch.arange({case.n})", case.n, case.d_model, scheme),
            f"vectors = rows{case.times(scheme)} + waves   # [{case.n}, {case.d_model}]",
        ],
        scores=torch_lines.plain_scores(case),
    )


def _runtime(scheme: Sinusoidal, case: Case) -> Code:
    shape = f"[{case.n}, {case.d_model}]"
    inputs = {"positions": f"np.arange({case.n}.0)", **runtime_lines.waves(case.d_model, scheme)}
    return Code(
        vectors=[
            *runtime_lines.graph("sinusoidal", inputs),
            f'waves = graph.run(["position_embeddings"], inputs)[0]   # {shape}',
            f"vectors = rows{case.times(scheme, 'np.float32({})')} + waves   # {shape}",
        ],
        scores=runtime_lines.plain_scores(case),
    )


PRESENTED: Final = (Presentation(scheme=Sinusoidal, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
