"""What is marked on a map: tokens that were searched for, one token with its true neighbors, a box."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.figures.map import Marks
from embedcore.maps.recipe import N_NEIGHBORS
from embedcore.model.model import Model
from embedcore.tokens.search import SearchBy, search_vocabulary
from embedcore.values import ByContent
from pages.shared import id_controls, notices, owners, plain, untrained
from pages.shared.follow import Row, follow
from pages.shared.numerals import count, verb
from pages.views.map import zoom as map_zoom
from pages.views.map.shown_map import ShownMap
from pages.views.map.space import translated

MAX_MATCHES: Final = 500
_LISTED: Final = 40
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Matches(ByContent):
    """Ids of the first map's model: those that match, the chosen one, and its nearest in all dimensions."""

    model: Model | None = None
    token_ids: Int64[np.ndarray, " n"] = field(default_factory=lambda: _NONE)
    chosen: int | None = None
    neighbors: Int64[np.ndarray, " k"] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True)
class Query:
    """What the reader searches the vocabulary for; an empty text is no search."""

    text: str
    by: SearchBy


def search(model: Model) -> Query:
    """Draw the search over the vocabulary of `model`."""
    return Query(*id_controls.find("Find tokens", key="find", model=model, box="map_find", such_as="Find", width=90))


def find(shown_map: ShownMap, query: Query, tied: int | None) -> Matches:
    """Say what was found and what is tied, and return what is to be marked. What cannot be read is said in place."""
    space = shown_map.request.space
    token_ids = _NONE
    if query.text:
        with notices.in_place():
            matches = search_vocabulary(space.model.tokenizer, query.text, by=query.by, limit=MAX_MATCHES)
            token_ids = space.ids[space.rows(matches.token_ids)]
            _say_matches(shown_map, matches.n_matches, min(matches.n_matches, MAX_MATCHES), token_ids)
    return Matches(space.model, token_ids) if tied is None else Matches(space.model, token_ids, *_tied(shown_map, tied))


def _say_matches(shown_map: ShownMap, n_matches: int, n_listed: int, token_ids: Int64[np.ndarray, " n"]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map_found"):
        st.markdown(_match_words(n_matches, n_listed, len(token_ids)), width="content")
        if len(token_ids):
            st.button(
                "Zoom to what was found" if len(token_ids) > 1 else "Zoom to it",
                key="zoom_found",
                icon=":material/zoom_in:",
                on_click=map_zoom.look_near,
                args=("map_chart", shown_map, token_ids),
            )
    if not len(token_ids):
        return
    listed = token_ids[:_LISTED]
    notes = untrained.notes(shown_map.request.space.model, listed)
    follow(
        [
            Row(token_id, label(shown_map, token_id), note=note)
            for token_id, note in zip(listed.tolist(), notes, strict=True)
        ],
        key="found",
        title=f"{count(min(len(token_ids), _LISTED), 'token')} that match",
        vocabulary=shown_map.request.space.model.tokenizer.name,
        on_follow=partial(zoom_to_token, shown_map),
    )


def zoom_to_token(shown_map: ShownMap, token_id: int, vocabulary: str) -> None:
    """Tie a token of the map to its true neighbors, and show it near; to be called back, before the page is drawn."""
    tie(token_id, vocabulary)
    map_zoom.look_near("map_chart", shown_map, np.array([token_id]))


def tie(token_id: int, vocabulary: str) -> None:
    """Tie a token of `vocabulary` to its true neighbors; to be called back, before the page is drawn.

    WARNING: a value that is set before its widget is first drawn never reaches the URL by itself. And the key is not the
    Neighbors page's "id": Streamlit takes what is bound on one page out of a link to another.
    """
    if "tied" not in st.session_state:
        st.query_params["tied"] = str(token_id)
    st.session_state["ties"], st.session_state["tied"] = True, token_id
    owners.own("tied", token_id, vocabulary)


def marks(shown_map: ShownMap, matches: Matches, box: tuple[int, int, int, int] | None) -> Marks:
    """Return what is marked, as rows of one map, without what is not on that map."""
    space = shown_map.request.space

    def rows(token_ids: np.ndarray) -> np.ndarray:
        return space.rows(translated(token_ids, matches.model or space.model, space.model))  # −1 is no row

    shown = rows(matches.token_ids)
    chosen = _NONE if matches.chosen is None else rows(np.array([matches.chosen]))
    return Marks(
        matches=shown,
        labels=[label(shown_map, int(token_id)) for token_id in space.ids[shown]],
        chosen=int(chosen[0]) if len(chosen) else None,
        neighbors=rows(matches.neighbors),
        box=box,
    )


def label(shown_map: ShownMap, token_id: int) -> str:
    """Return the label of a token."""
    return shown_map.request.space.model.tokenizer.label(token_id)


def _tied(shown_map: ShownMap, chosen: int) -> tuple[int | None, np.ndarray]:
    space = shown_map.request.space
    row = space.rows(np.array([chosen]))
    if len(row) == 0:
        st.info(f"Token {chosen} is not among these rows.", icon=":material/info:")
        return None, _NONE
    nearest = space.index.search(space.vectors[row], k=min(N_NEIGHBORS, len(space.ids) - 1), without=row)
    near = space.ids[nearest.token_ids[0]]
    named = " ".join(plain.code(label(shown_map, token_id)) for token_id in near[:8].tolist())
    st.markdown(
        f"{plain.code(label(shown_map, chosen))} is tied to its {len(near)} nearest in all dimensions: {named}"
        + (" …" if len(near) > 8 else "")
    )
    st.page_link(
        "neighbors.py",
        label="Its neighbors as a list",
        icon=":material/hub:",
        query_params={"ask": "a token", "id": str(chosen), "model": space.model.name},
    )
    return chosen, near


def _match_words(n_matches: int, n_listed: int, n_ringed: int) -> str:
    """Return how many tokens match, and how many of those that are listed are on the map."""
    said = f"**{n_matches:,}** {verb(n_matches, 'token matches', 'tokens match')}"
    if not n_ringed:
        return said + (", none of them among these rows." if n_matches else ".")
    said += f"; the first {n_listed} are ringed." if n_listed < n_matches else ", ringed on the map."
    return said + (" Some are not among these rows." if n_ringed < n_listed else "")
