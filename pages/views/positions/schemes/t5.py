"""T5's bias on the Positions page."""

from typing import Final

from embedcore.schemes import T5
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES

# Raffel et al. 2020, section 2.1
_CARD: Final = Card(
    sentence=(
        "A trained bias for each head and distance is added to the score, which is not divided by √d. Each small distance has a "
        "bias of its own; large distances share biases in buckets that widen with the distance."
    ),
    formula=(
        r"\begin{gathered} e_{ij} = q_i \cdot k_j + b_{h,\, \text{bucket}(i - j)} \\"
        r"\text{bucket}(x) = o + \begin{cases} y & y < E \\ "
        r"\min\Big(B - 1,\; E + \Big\lfloor \frac{\ln(y / E)}{\ln(m / E)}\, (B - E) \Big\rfloor \Big) & y \ge E \end{cases} \\"
        r"\text{bidirectional: } B = \frac{n}{2}, \quad y = |x|, \quad o = B \text{ for } x < 0, \text{ else } 0 \\"
        r"\text{causal: } B = n, \quad y = \max(0, x), \quad o = 0 \end{gathered}"
    ),
    learned="one number for each bucket and head, [n_buckets, n_heads]",
    fixed=(
        "which distances share a bucket: n = n_buckets, m = max_distance, E = ⌊B / 2⌋; encoders are bidirectional, and "
        "decoders causal"
    ),
    used_by=(("T5", "Raffel et al. 2020"), ("mT5", "Xue et al. 2021"), ("Flan-T5", "Chung et al. 2022")),
)


def _pytorch(scheme: T5, case: Case) -> Code:
    each = scheme.n_buckets // 2 if scheme.is_bidirectional else scheme.n_buckets
    exact = each // 2
    size, ahead = (
        ("distances.abs()", f" + {each} * (distances < 0)") if scheme.is_bidirectional else ("distances.clamp(0)", "")
    )
    return Code(
        scores=[
            torch_lines.distances(case),
            torch_lines.table(scheme, scheme.n_buckets, case.n_heads),
            f"size = {size}",
            f"share = torch.log(size.clamp({exact}).double() / {exact}) / math.log({scheme.max_distance} / {exact})",
            f"far = {exact} + torch.floor(share * {each - exact} + 1e-9).long()   # logarithmic from {exact} on",
            f"buckets = torch.where(size < {exact}, size, far.clamp(max={each - 1})){ahead}   # [{case.n}, {case.n}]",
            f"bias = table[buckets].permute(2, 0, 1){case.chosen}   # {case.scores}",
            f"scores = q @ k.mT + bias   # {case.scores}; T5 leaves out the root",
        ]
    )


def _runtime(scheme: T5, case: Case) -> Code:
    inputs = {"table": f"table{case.chosen_column}", "buckets_by_distance": "buckets"}
    reach = min(case.n - 1, scheme.max_distance)
    sizes = f"n_buckets={scheme.n_buckets}, max_distance={scheme.max_distance}"
    return Code(
        imports=["from embedcore.schemes.buckets import t5_buckets"],
        scores=[
            runtime_lines.places(case),
            f"buckets = t5_buckets({reach}, {sizes}, is_bidirectional={scheme.is_bidirectional})"
            f"   # [{2 * reach + 1}]: of distances {-reach} … {reach}",
            runtime_lines.table(scheme, case, scheme.n_buckets, case.n_heads),
            *runtime_lines.graph("t5", PLACES | inputs),
            f'bias = graph.run(["attention_bias"], inputs)[0]   # {case.scores}',
            f"scores = q @ k.transpose(0, 2, 1) + bias   # {case.scores}; T5 leaves out the root",
        ],
    )


PRESENTED: Final = (Presentation(scheme=T5, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
