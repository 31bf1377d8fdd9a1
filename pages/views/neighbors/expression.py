"""The rows nearest to a sum of rows that the reader writes, such as ` functions - function + method`."""

from typing import Final

from streamlit.delta_generator import DeltaGenerator

from embedcore.space.expressions import parse_expression
from pages.shared import id_controls, notices, untrained
from pages.shared.follow import Row, follow
from pages.shared.neighbor_snippets import FromRows
from pages.shared.numerals import count
from pages.views.neighbors import choice
from pages.views.neighbors.answer import answer
from pages.views.neighbors.nearest import Search, ask_for

DEFAULT: Final = " functions - function + method"  # of pydoc-gpt's rows the answer is ` methods`


def draw(searched: Search, question: DeltaGenerator) -> None:
    """Draw the line to write in, how it was read, and the nearest rows without the expression's own tokens."""
    model = searched.model
    choice.keep_in_link()
    with question:
        text = id_controls.expression(
            "Expression",
            key="expression",
            model=model,
            value=DEFAULT,
            icon=":material/function:",
            label_visibility="collapsed",
        )
    with notices.in_place():
        expression = parse_expression(text, model.tokenizer)
        rows = [
            Row(
                term.token_id,
                f"{'−' if term.weight < 0 else '+'} "
                + (f"{abs(term.weight):g} × " if abs(term.weight) != 1 else "")
                + searched.label(term.token_id),
                note=untrained.WORD if term.token_id in searched.untrained else "",
            )
            for term in expression.terms
        ]
        follow(
            rows,
            key="terms",
            title=count(len(rows), "term"),
            vocabulary=model.tokenizer.name,
            on_follow=ask_for,
        )
        made = FromRows([(term.weight, term.token_id) for term in expression.terms])
        query = expression.vector(model.table)
        answer(searched, query, own=expression.token_ids, name=expression.label, made=made)
