"""BERT's two relative schemes on the Positions page; the second is the first with one more term."""

from typing import Final

from embedcore.schemes import BertRelative, BertRelativeKeyQuery
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case
from pages.views.positions.snippets.runtime_lines import PLACES, SIDES

# Shaw et al. 2018 without the values; w in the order of distances −(m − 1) … m − 1
_KEY: Final = Card(
    sentence=(
        "A second term is added to the score: the dot product of the query with a trained vector for its distance from the key. "
        "This is Shaw's scheme without the part for the values."
    ),
    formula=(
        r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij}}{\sqrt{d}} \\"
        r"a_{ij} = w_{\max(1 - m,\, \min(m - 1,\, i - j))} \end{gathered}"
    ),
    learned="one vector for each distance, [2·max_distance − 1, head_dim]",
    fixed="the largest number m = max_distance of positions",
    used_by=(("bert-base-uncased-embedding-relative-key", "Huang et al. 2020"),),
)

# Huang et al. 2020, method 4
_KEY_AND_QUERY: Final = Card(
    sentence=(
        "Two terms are added to the score: the dot products of the same trained vector for the distance with the query and "
        "with the key."
    ),
    formula=(
        r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij} + k_j \cdot a_{ij}}{\sqrt{d}} \\"
        r"a_{ij} = w_{\max(1 - m,\, \min(m - 1,\, i - j))} \end{gathered}"
    ),
    learned="one vector for each distance, [2·max_distance − 1, head_dim]",
    fixed="the largest number m = max_distance of positions",
    used_by=(("bert-base-uncased-embedding-relative-key-query", "Huang et al. 2020"),),
)


def _pytorch(scheme: BertRelative, case: Case) -> Code:
    last = scheme.max_distance - 1
    terms = ["q @ k.mT", 'torch.einsum("hid,ijd->hij", q, a)']
    if scheme.has_key_term:
        terms.append('torch.einsum("hjd,ijd->hij", k, a)')
    return Code(
        scores=[
            torch_lines.distances(case),
            torch_lines.table(scheme, 2 * last + 1, case.head_dim),
            f"a = table[distances.clamp(-{last}, {last}) + {last}]   # [{case.n}, {case.n}, {case.head_dim}]: one vector for each query and key",
            f"scores = ({' + '.join(terms)}) / {case.root}   # {case.scores}",
        ]
    )


def _runtime(scheme: BertRelative, case: Case) -> Code:
    outputs, terms = '["scores", "query_scores"]', "q·k + q·a"
    if scheme.has_key_term:
        outputs, terms = '["scores", "query_scores", "key_scores"]', "q·k + q·a + k·a"
    return Code(
        scores=[
            runtime_lines.places(case),
            runtime_lines.table(scheme, case, 2 * scheme.max_distance - 1, case.head_dim),
            *runtime_lines.graph("bert_relative", SIDES | PLACES | {"table": "table"}),
            f"scores = sum(graph.run({outputs}, inputs))   # {case.scores}: {terms}",
        ]
    )


PRESENTED: Final = (
    Presentation(scheme=BertRelative, card=_KEY, pytorch=_pytorch, runtime=_runtime),
    Presentation(scheme=BertRelativeKeyQuery, card=_KEY_AND_QUERY, pytorch=_pytorch, runtime=_runtime),
)
