"""Learned positions on the Positions page."""

from typing import Final

from embedcore.schemes import Learned
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case

# Gehring et al. 2017, section 3.1; E: the token table, P: the position table
_CARD: Final = Card(
    sentence=(
        "Each position has a vector of its own, which is trained like the rows of the token table and added to them at the "
        "input. A position beyond the last row has no vector."
    ),
    formula=r"x_i = E_{w_i} + P_i, \qquad e_{ij} = \frac{q(x_i) \cdot k(x_j)}{\sqrt{d}}",
    learned="one vector for each position, [context_length, d_model]",
    fixed="the number of positions",
    used_by=(("GPT-2", "Radford et al. 2019"), ("BERT", "Devlin et al. 2018")),
)


def _pytorch(scheme: Learned, case: Case) -> Code:
    added = f"position_embedding(torch.arange({case.n})).detach()"
    return Code(
        vectors=[f"vectors = rows{case.times(scheme)} + {added}   # [{case.n}, {case.d_model}]"],
        scores=torch_lines.plain_scores(case),
    )


def _runtime(scheme: Learned, case: Case) -> Code:
    outputs = '["token_embeddings", "position_embeddings"]'
    scaled = f"rows[0]{case.times(scheme, 'np.float32({})')}"
    return Code(
        rows=[f'rows, added = layer.run({outputs}, {{"token_ids": token_ids}})'],
        vectors=[f"vectors = {scaled} + added   # [{case.n}, {case.d_model}]"],
        scores=runtime_lines.plain_scores(case),
    )


PRESENTED: Final = (Presentation(scheme=Learned, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
