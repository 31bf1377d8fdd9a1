"""Two maps: the tokens they share, how one is laid on the other, and which neighborhoods changed most."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.maps.alignment import mean_change, most_moved, neighborhood_change, procrustes
from embedcore.maps.map_neighbors import map_neighbors
from embedcore.maps.point_colors import PointColors, scale_colors
from embedcore.maps.recipe import N_NEIGHBORS
from pages.shared import pictures, services, untrained
from pages.shared.follow import Row, follow
from pages.shared.numerals import count, share
from pages.views.map import colors as map_colors
from pages.views.map.matches import label, tie
from pages.views.map.shown_map import ShownMap
from pages.views.map.space import shared_ids

_SHOWN = 30


def aligned(first: ShownMap, second: ShownMap) -> ShownMap:
    """Return the second map as it is laid on the first."""
    left, right = shared_rows(first, second)
    return replace(second, alignment=procrustes(first.coordinates[left], second.coordinates[right]))


def colors(name: str, maps: Sequence[ShownMap]) -> list[tuple[PointColors | None, str]]:
    """Return the colors `name` of the points of each map, and why there are none, or others."""
    changes = (None,) if len(maps) < 2 else change_colors(*maps)
    return [map_colors.chosen(name, map_, change) for map_, change in zip(maps, changes, strict=True)]


def change_colors(first: ShownMap, second: ShownMap) -> tuple[PointColors, PointColors]:
    """Return each map's points colored by the share of neighbors that are different ones on the other map.

    A token that only one of them has is drawn as unchanged; `draw` says so.
    """
    change, left, right = _change(first, second)
    colors = []
    for map_, rows in ((first, left), (second, right)):
        values = np.zeros(len(map_.ids))
        values[rows] = change
        colors.append(scale_colors("share of neighbors changed", values))
    return colors[0], colors[1]


def draw(first: ShownMap, second: ShownMap) -> None:
    """List the tokens whose neighborhoods differ most between the maps."""
    change, left, _ = _change(first, second)
    k = min(N_NEIGHBORS, len(left) - 1)
    if second.alignment is not None:
        st.caption(
            f"The maps are matched by the {count(len(left), 'token')} that both have (Procrustes): {share(second.alignment.residual, 1)} of "
            "the first map's spread is left unexplained."
        )
    st.header("Whose neighborhoods changed")
    st.markdown(
        f"Of the {count(k, 'nearest point')} of each of the {count(len(left), 'shared token')}, "
        f"**{share(mean_change(change), 1)}** are "
        "different ones on the second map."
        + (
            f" The color “change” draws the other {count(len(first.ids) - len(left), 'token')} of the first map, which the second "
            "does not have, as unchanged."
            if len(left) < len(first.ids)
            else ""
        )
        + " These tokens changed least, and these most:"
    )
    order = most_moved(change, len(change))
    columns = st.columns(2, gap="medium")
    for column, rows, title in ((columns[0], order[::-1], "least"), (columns[1], order, "most")):
        shown = rows[:_SHOWN]
        token_ids = first.ids[left[shown]]
        notes = untrained.notes(first.request.space.model, token_ids)
        with column:
            follow(
                [
                    Row(token_id, label(first, token_id), share(moved), note)
                    for token_id, moved, note in zip(token_ids.tolist(), change[shown].tolist(), notes, strict=True)
                ],
                key=f"moved_{title}",
                title=f"{title} changed",
                on_follow=tie,
                vocabulary=first.request.space.model.tokenizer.name,
            )
    pictures.numbers(
        key="changed",
        table=lambda: {
            "id": first.ids[left[order]],
            "token": [label(first, int(token_id)) for token_id in first.ids[left[order]]],
            "share of neighbors changed": change[order],
        },
        title="Every shared token, most changed first",
    )


def shared_rows(first: ShownMap, second: ShownMap) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Return the rows of the tokens that both maps have, in the same order."""
    one, two = first.request.space, second.request.space
    left, right = shared_ids(one.model, two.model)
    is_there = np.isin(left, one.ids) & np.isin(right, two.ids)
    return one.rows(left[is_there]), two.rows(right[is_there])


def _change(
    first: ShownMap, second: ShownMap
) -> tuple[np.ndarray, Int64[np.ndarray, " n_shared"], Int64[np.ndarray, " n_shared"]]:
    """Return the change of each shared token, and its row on either map."""
    left, right = shared_rows(first, second)
    k = min(N_NEIGHBORS, len(left) - 1)
    key = f"{first.key} {second.key} {k}"
    return services.change(key, lambda: neighborhood_change(*_near(first, second, left, right, k))), left, right


def _near(
    first: ShownMap, second: ShownMap, left: np.ndarray, right: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    return (
        map_neighbors(first.projection.coordinates[left], k),
        map_neighbors(second.projection.coordinates[right], k),
    )
