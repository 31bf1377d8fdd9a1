"""Shaw's relative positions on the Positions page."""

from typing import Final

from embedcore.schemes import Shaw
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES, SIDES

# Shaw et al. 2018, equations 4 and 5
_CARD: Final = Card(
    sentence=(
        "In the score, a trained vector for the distance is added to the key, and distances beyond the largest one are clipped to "
        "it. After the softmax, vectors of a second table are added to the values in the same way."
    ),
    formula=(
        r"\begin{gathered} e_{ij} = \frac{q_i \cdot (k_j + a^K_{ij})}{\sqrt{d}} \\"
        r"a^K_{ij} = w^K_{\text{clip}(j - i,\, k)} \\ \text{clip}(x, k) = \max(-k, \min(k, x)) \end{gathered}"
    ),
    learned="one vector for each distance, in one table for keys and one for values, [2·max_distance + 1, head_dim] each",
    fixed="the largest distance k",
    used_by=(("the paper's Transformer", "Shaw et al. 2018"),),
)


def _pytorch(scheme: Shaw, case: Case) -> Code:
    k = scheme.max_distance
    return Code(
        scores=[
            torch_lines.distances(case),
            torch_lines.table(scheme, 2 * k + 1, case.head_dim),
            f"a = table[(-distances).clamp(-{k}, {k}) + {k}]   # [{case.n}, {case.n}, {case.head_dim}]: one vector for each query and key",
            f'scores = (q @ k.mT + torch.einsum("hid,ijd->hij", q, a)) / {case.root}   # {case.scores}',
        ]
    )


def _runtime(scheme: Shaw, case: Case) -> Code:
    return Code(
        scores=[
            runtime_lines.places(case),
            runtime_lines.table(scheme, case, 2 * scheme.max_distance + 1, case.head_dim),
            *runtime_lines.graph("shaw", SIDES | PLACES | {"table": "table"}),
            runtime_lines.run_scores(case),
        ]
    )


PRESENTED: Final = (Presentation(scheme=Shaw, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
