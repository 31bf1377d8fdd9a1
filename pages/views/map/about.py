"""What is said of a map below it: how many points it has, how far it may be trusted, its numbers, how it is made."""

from collections.abc import Sequence

import streamlit as st

from embedcore.maps.linear import LinearProjection
from embedcore.maps.methods import METHODS
from embedcore.model.trained_rows import untouched_ids
from embedcore.space.expressions import parse_expression
from pages.shared import file_card, made, pictures, plain
from pages.shared.numerals import count, share
from pages.shared.run_it import offer, run_it_yourself
from pages.views.map import colors as map_colors
from pages.views.map import controls as map_controls
from pages.views.map import snippets as map_snippets
from pages.views.map.chart import Drawing
from pages.views.map.matches import label
from pages.views.map.shown_map import ShownMap, measure
from pages.views.map.space import TRAINED
from pages.views.map.table import whole_map


def draw(maps: Sequence[ShownMap], drawing: Drawing) -> None:
    """Say of each map, side by side as they are drawn, what it shows and how far it may be trusted."""
    columns = st.columns(len(maps), gap="small") if len(maps) > 1 else [st.container()]
    for index, (map_, column) in enumerate(zip(maps, columns, strict=True)):
        with column:
            if index == 0:
                _offer_trained_rows(map_)
            _say(map_, drawing, index)
            measure(map_, key=f"fidelity{index}")


def explain(maps: Sequence[ShownMap]) -> None:
    """Say how the map is made, or each of both: formula and code."""
    for index, map_ in enumerate(maps):
        if index:
            st.header("The second map")
        _explain(map_, key="map2" if index else "map")
    file_card.draw(*(map_.request.space.model for map_ in maps))


def _say(shown_map: ShownMap, drawing: Drawing, index: int) -> None:
    space, reading, color = shown_map.request.space, drawing.reading, drawing.layers.color
    n_points, n_vocab = len(space.ids), space.model.metadata.n_vocab
    said = f"{count(n_points, 'point')}, none left out"
    if n_points < n_vocab:
        said += f" of those chosen among {count(n_vocab, 'row')}"
    if isinstance(shown_map.projection, LinearProjection) and shown_map.request.method.choice == "components":
        said += f"; {share(shown_map.projection.explained_share, 1)} of the variance"
    has_text = index == 0 and drawing.layers.has_text and reading is not None and reading.model is space.model
    st.caption(
        f"{said}. Near on a map does not prove near in all dimensions. Hover over a point to see its token, click it to tie it to its true neighbors, "
        f"scroll to zoom, and drag to {'turn' if shown_map.is_space else 'move'}."
        + (f" {made.where_points_lie(reading.layer)}" if has_text and reading is not None else "")
        + (f" Color: {map_colors.COLORS[color]}." if index == 0 else "")
    )
    why = drawing.colored[index][1]
    if why:
        st.caption(why)
    pictures.numbers(
        key=f"map{index + 1 if index else ''}",
        table=lambda: whole_map([label(shown_map, token_id) for token_id in shown_map.ids.tolist()], shown_map),
    )


def _offer_trained_rows(shown_map: ShownMap) -> None:
    """Where most rows of a map by neighbors were never trained, offer the map of the others."""
    space = shown_map.request.space
    n_untrained, n_points = len(space.rows(untouched_ids(space.model.metadata))), len(space.ids)
    if shown_map.request.method.has_axes or space.part != "all" or not n_points < 2 * n_untrained:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map_trained"):
        st.markdown(
            f"{share(n_untrained / n_points)} of the rows are untrained: they are random, and so are their neighbors on this map.",
            width="content",
        )
        st.button(
            f"Map the {count(n_points - n_untrained, 'trained row')} alone",
            key="map_trained_rows",
            icon=":material/filter_center_focus:",
            on_click=map_controls.choose_rows,
            args=(TRAINED,),
        )


def _explain(shown_map: ShownMap, *, key: str) -> None:
    request = shown_map.request
    method = METHODS[request.recipe.method]
    axes = [parse_expression(axis, request.space.model.tokenizer) for axis in request.axes]
    run_it_yourself(
        request.space.model,
        map_snippets.in_torch(request, axes),
        map_snippets.in_runtime(request, axes),
        method.formula,
    )
    st.caption(method.placing)
    if not method.has_axes:
        st.caption(
            "The code makes the same picture on the same kind of machine with the same versions "
            f"({plain.text(shown_map.stored.provenance['library']) if shown_map.stored else ''}). The points that are drawn lie in the file "
            "of the finished map:"
        )
        st.code(map_snippets.from_file(request), language="python")
        offer(request.finished.name, request.finished.read_bytes, key=f"{key}_file")
    if shown_map.alignment is not None:
        st.caption("The code gives the points before they are laid on the first map.")
