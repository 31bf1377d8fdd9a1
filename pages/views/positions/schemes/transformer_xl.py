"""Transformer-XL's relative positions on the Positions page."""

from typing import Final

from embedcore.schemes import TransformerXL
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case, draw_numbers
from pages.views.positions.snippets.runtime_lines import PLACES, SIDES

# Dai et al. 2019, section 3.3
_CARD: Final = Card(
    sentence=(
        "In the score, each query has a dot product with fixed waves of its distance from the key, and nothing is added at the "
        "input. Two trained vectors, u and v, which are the same for every query, replace the query's own position."
    ),
    formula=(
        r"\begin{gathered} A^{\text{rel}}_{i,j} = \frac{1}{\sqrt{d}} \Big( \underbrace{q_i^\top k_j}_{(a)} "
        r"+ \underbrace{q_i^\top W_{k,R} R_{i-j}}_{(b)} \\ {} + \underbrace{u^\top k_j}_{(c)} "
        r"+ \underbrace{v^\top W_{k,R} R_{i-j}}_{(d)} \Big) \\"
        r"R_{x,\, 2i} = \sin\frac{x}{b^{2i/d}}, \quad R_{x,\, 2i+1} = \cos\frac{x}{b^{2i/d}} \\"
        r"\text{in halves: columns } i \text{ and } d/2 + i \end{gathered}"
    ),
    learned="u and v, [n_heads, head_dim] each, and the projection W_kR, which is the identity here",
    fixed=(
        "the waves R, one sinusoidal vector for each distance, here as wide as a head; both models have them in halves, "
        "all sines before all cosines"
    ),
    used_by=(("Transformer-XL", "Dai et al. 2019"), ("XLNet", "Yang et al. 2019")),
)


def _pytorch(scheme: TransformerXL, case: Case) -> Code:
    n, far, shape = case.n, case.n - 1, (case.n_heads, 1, case.head_dim)
    return Code(
        scores=[
            torch_lines.distances(case),
            *torch_lines.waves(f"torch.arange({-far}, {n})", 2 * n - 1, case.head_dim, scheme),
            f"R = waves[distances + {far}]   # [{n}, {n}, {case.head_dim}]: R(i-j); W_kR is the identity",
            f"u = torch.from_numpy({draw_numbers(scheme.seed, *shape)}){case.chosen}   # random parameters, not trained",
            f"v = torch.from_numpy({draw_numbers(scheme.seed + 1, *shape)}){case.chosen}",
            'b, d = torch.einsum("hid,ijd->hij", q, R), torch.einsum("hxd,ijd->hij", v, R)',
            f"scores = (q @ k.mT + b + u @ k.mT + d) / {case.root}   # {case.scores}: (a) + (b) + (c) + (d)",
        ]
    )


def _runtime(scheme: TransformerXL, case: Case) -> Code:
    n_heads, head_dim = case.n_heads, case.head_dim
    inputs = {
        "distances": f"np.arange({1 - case.n}, {case.n})",
        **runtime_lines.waves(head_dim, scheme),
        "projection": "identity",
        "u": "u",
        "v": "v",
    }
    return Code(
        scores=[
            runtime_lines.places(case),
            f"identity = np.eye({head_dim}, dtype=np.float32)[None].repeat({case.n_chosen}, 0)"
            f"   # W_kR, [{case.n_chosen}, {head_dim}, {head_dim}]",
            f"u = {draw_numbers(scheme.seed, n_heads, 1, head_dim)}{case.chosen}   # random parameters, not trained",
            f"v = {draw_numbers(scheme.seed + 1, n_heads, 1, head_dim)}{case.chosen}",
            *runtime_lines.graph("transformer_xl", SIDES | PLACES | inputs),
            f'scores = sum(graph.run(["a", "b", "c", "d"], inputs))   # {case.scores}',
        ]
    )


PRESENTED: Final = (Presentation(scheme=TransformerXL, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
