"""No positions on the Positions page."""

from typing import Final

from embedcore.schemes import NoPosition
from pages.views.positions.presentation import Card, Code, Presentation
from pages.views.positions.snippets import runtime_lines, torch_lines
from pages.views.positions.snippets.case import Case

# Kazemnejad et al. 2023; the score: Vaswani et al. 2017, equation 1
_CARD: Final = Card(
    sentence=(
        "Nothing is added at the input or to the scores: two tokens have the same score at all positions. A decoder can still "
        "distinguish orders, because under its causal mask a token attends only to earlier tokens; some models use RoPE in their other layers."
    ),
    formula=r"e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}}",
    learned="nothing",
    fixed="nothing",
    used_by=(
        ("decoders trained without positions", "Kazemnejad et al. 2023"),
        ("SmolLM3, in layers 4, 8, 12 …", "Hugging Face 2025"),
        ("Llama 4, in layers 4, 8, 12 …", "Meta 2025"),
        ("Cohere 2 (Command R7B, Command A), in layers 4, 8, 12 …", "Cohere 2025"),
    ),
)


def _pytorch(scheme: NoPosition, case: Case) -> Code:
    del scheme
    return Code(scores=torch_lines.plain_scores(case))


def _runtime(scheme: NoPosition, case: Case) -> Code:
    del scheme
    return Code(scores=runtime_lines.plain_scores(case))


PRESENTED: Final = (Presentation(scheme=NoPosition, card=_CARD, pytorch=_pytorch, runtime=_runtime),)
