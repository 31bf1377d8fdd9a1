"""DeBERTa's disentangled positions on the Positions page."""

from typing import Final

from embedcore.schemes import Deberta
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES, SIDES

# He et al. 2021, equations 2 to 4; p2c and the buckets β as in the released code; m: max_distance
_CARD: Final = Card(
    sentence=(
        "The score is a sum of content-to-content, content-to-position and position-to-content terms, in which query and key each "
        "have a dot product with a trained vector for their distance; the released code counts that distance as i − j in both "
        "terms, and the paper as j − i in the last one. From version 2 on, large distances share logarithmic buckets."
    ),
    formula=(
        r"\begin{gathered} \tilde{A}_{i,j} = \frac{1}{\sqrt{3d}} \Big( \underbrace{Q^c_i \cdot K^c_j}_{\text{c2c}} "
        r"+ \underbrace{Q^c_i \cdot K^r_{\delta(i,j)}}_{\text{c2p}} \\ "
        r"{} + \underbrace{K^c_j \cdot Q^r_{\delta(i,j)}}_{\text{p2c}} \Big), \qquad "
        r"\text{p2c in the paper: } K^c_j \cdot Q^r_{\delta(j,i)} \\"
        r"\delta(i,j) = \max(0, \min(2k - 1,\, \beta(i - j) + k)) \\"
        r"\beta(x) = \begin{cases} x & \text{no buckets, or } |x| \le h \\ "
        r"\text{sign}(x) \Big( h + \Big\lceil \frac{\ln(|x| / h)}{\ln((m - 1) / h)}\, (h - 1) \Big\rceil \Big) & |x| > h "
        r"\end{cases} \quad h = \frac{k}{2} \end{gathered}"
    ),
    learned=(
        "one vector for each distance, [2·k, head_dim], with m = max_distance, and with k = n_buckets where there are buckets "
        "and k = m where there are none; its two projections are the identity here"
    ),
    fixed="which distances share a row",
    used_by=(("DeBERTa", "He et al. 2021"), ("DeBERTaV3", "He et al. 2023")),
)


def _pytorch(scheme: Deberta, case: Case) -> Code:
    span, half, rows = scheme.n_buckets or scheme.max_distance, scheme.n_buckets // 2, "distances"
    lines = [torch_lines.distances(case), torch_lines.table(scheme, 2 * span, case.head_dim)]
    if scheme.n_buckets:
        rows = "buckets"
        lines += [
            f"share = torch.log(distances.abs().clamp({half}).double() / {half}) / math.log({scheme.max_distance - 1} / {half})",
            f"far = {half} + torch.ceil(share * {half - 1} - 1e-9).long()   # logarithmic beyond {half}",
            f"buckets = torch.where(distances.abs() <= {half}, distances, far * distances.sign())",
        ]
    delta, words = (
        ("delta", "δ(i, j), as the released code; the paper: δ(j, i)") if scheme.is_released else ("delta.T", "δ(j, i)")
    )
    return Code(
        scores=[
            *lines,
            f"delta = ({rows} + {span}).clamp(0, {2 * span - 1})   # [{case.n}, {case.n}]: δ(i, j)",
            "c2c = q @ k.mT",
            'c2p = torch.einsum("hid,ijd->hij", q, table[delta])',
            f'p2c = torch.einsum("hjd,ijd->hij", k, table[{delta}])   # {words}',
            f"scores = (c2c + c2p + p2c) / (3 * {case.head_dim})**0.5   # {case.scores}",
        ]
    )


def _runtime(scheme: Deberta, case: Case) -> Code:
    n_rows = 2 * (scheme.n_buckets or scheme.max_distance)
    inputs = {
        "key_table": "tables",
        "query_table": "tables",
        "rows_by_distance": "rows",
        "is_released": f"np.array({scheme.is_released})",
    }
    reach = min(case.n - 1, scheme.max_distance)
    return Code(
        imports=["from embedcore.schemes.buckets import deberta_rows"],
        scores=[
            runtime_lines.places(case),
            f"rows = deberta_rows({reach}, max_distance={scheme.max_distance}, n_buckets={scheme.n_buckets})"
            f"   # [{2 * reach + 1}]: of distances {-reach} … {reach}",
            runtime_lines.table(scheme, case, n_rows, case.head_dim),
            f"tables = np.stack([table] * {case.n_chosen})   # [{case.n_chosen}, {n_rows}, {case.head_dim}]: the same for every head",
            *runtime_lines.graph("deberta", SIDES | PLACES | inputs),
            f'scores = sum(graph.run(["c2c", "c2p", "p2c"], inputs))   # {case.scores}',
        ],
    )


PRESENTED: Final = (Presentation(scheme=Deberta, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
