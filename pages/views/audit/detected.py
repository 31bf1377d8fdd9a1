"""How good an indicator is: precision and recall, where the model's file says which rows were trained."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from embedcore.audit.detection import precision_recall, precision_recall_curve
from embedcore.audit.indicators import Audit, Indicator
from embedcore.figures.audit import precision_recall_line
from pages.shared import pictures, plain, untrained
from pages.shared.numerals import count, share, verb

HIGH = 0.99


def draw(audit: Audit, indicator: Indicator, threshold: float, truth: np.ndarray | None, *, model_name: str) -> None:
    """Say what the threshold finds, draw every other one, and compare the indicators."""
    named = plain.text(model_name)
    if truth is None:
        st.markdown(
            f"The file of {named} does not say which rows were trained, so precision and recall cannot be measured here; "
            "with pydoc-gpt they can."
        )
        return
    if not truth.any():
        st.markdown(f"The file of {named} says that training touched every row: whatever is flagged here is trained.")
        return
    curve, now = precision_recall_curve(indicator, truth), precision_recall(indicator, truth, threshold)
    st.markdown(
        f"**With {named} the truth is known**: its file lists the rows that training touched, and {now.n_untouched:,} of "
        f"{len(truth):,} rows it never touched. This threshold flags {count(now.n_flagged, 'row')}, of which {now.n_true_positives:,} "
        f"{verb(now.n_true_positives, 'is', 'are')} {untrained.WORD}: "
        + (f"precision {share(now.precision, 1)}" if now.n_flagged else "nothing is flagged, so there is no precision")
        + f", recall {share(now.recall, 1)}. Over all thresholds the average precision is {curve.average_precision:.4f}; flagging "
        f"rows at random gives {curve.chance:.4f}."
    )
    pictures.picture(
        precision_recall_line(curve, now, pictures.style()),
        key="precision_recall",
        alt=f"Line of precision against recall over all thresholds of the {indicator.name}, this threshold marked",
        table=lambda: {"threshold": curve.thresholds, "precision": curve.precision, "recall": curve.recall},
    )
    every = {each.name: precision_recall_curve(each, truth) for each in audit.indicators}
    st.dataframe(
        {
            "indicator": list(every),
            "average precision": [each.average_precision for each in every.values()],
            "best F1": [each.best_f1 for each in every.values()],
            "at threshold": [each.best_threshold for each in every.values()],
        },
        hide_index=True,
        key="indicator_values",
    )
    good = [name for name, each in every.items() if each.average_precision >= HIGH]
    weak = [name for name, each in every.items() if each.average_precision <= curve.chance + 0.02]
    st.markdown(
        (f"Here {_list(good)} {'tells' if len(good) == 1 else 'tell'} the rows apart. " if good else "")
        + (
            f"{_list(weak).capitalize()} {'does' if len(weak) == 1 else 'do'} no better than chance"
            + (
                ": rows that training never touched are still random, and share no direction."
                if "cosine" in weak
                else "."
            )
            if weak
            else ""
        )
    )


def _list(names: Sequence[str]) -> str:
    """Return "the norm, the distance and the cosine"."""
    named = [f"the {name}" for name in names]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
