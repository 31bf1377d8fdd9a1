"""One batch: its inputs and targets as tables, and where its windows lie in the text."""

from collections.abc import Sequence

import streamlit as st

from embedcore.figures.windows import window_overlap
from embedcore.tokens.windows import Batch
from pages.shared import pictures
from pages.shared.numerals import count


def draw_tables(batch: Batch, labels: Sequence[str]) -> None:
    """Draw the inputs, and the targets, which are the same windows one token later; `labels` are those of the text."""
    for column, title, ids, shift in zip(
        st.columns(2, gap="medium"), ("inputs", "targets"), (batch.inputs, batch.targets), (0, 1), strict=True
    ):
        column.markdown(f"**{title}** `{list(ids.shape)}`")
        column.dataframe(
            pictures.shown(
                {
                    str(place): [
                        f"{labels[start + place + shift]} · {token_id}"
                        for start, token_id in zip(batch.starts.tolist(), ids[:, place].tolist(), strict=True)
                    ]
                    for place in range(ids.shape[1])
                }
            ),
            key=f"{title}_table",
        )


def draw_overlap(batch: Batch, labels: Sequence[str], *, batch_size: int) -> None:
    """Draw each window of the batch where it lies in the text."""
    starts, max_length = batch.starts, batch.inputs.shape[1]
    pictures.picture(
        window_overlap(
            starts,
            [f"{index} {label}" for index, label in enumerate(labels)],
            pictures.style(),
            max_length=max_length,
            batch_size=batch_size,
        ),
        key="windows",
        alt=f"{count(len(starts), 'window')} of {count(max_length, 'token')}, each drawn where it lies in the text",
        table=lambda: {
            "window": range(len(starts)),
            "first input": starts,
            "last input": starts + max_length - 1,
            "last target": starts + max_length,
        },
    )
