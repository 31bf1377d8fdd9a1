"""A request for a map → the map that is drawn: at once where it is linear or finished, otherwise by a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float32, Int16, Int64

from embedcore.figures.map_axes import component_titles
from embedcore.files.state import FileState, file_state
from embedcore.maps.alignment import Alignment
from embedcore.maps.failure import Failure
from embedcore.maps.file import StoredMap, map_path
from embedcore.maps.grid import Grid
from embedcore.maps.job import MapJob
from embedcore.maps.layouts import NeighborMap, check_layout
from embedcore.maps.linear import LinearProjection, Projection, along
from embedcore.maps.methods import METHODS, MapMethod
from embedcore.maps.named_clusters import NamedClusters, name_clusters
from embedcore.maps.recipe import Recipe
from embedcore.model.stages import STAGES
from embedcore.model.trained_rows import trained_ids
from embedcore.tokens.labels import visible
from embedcore.values import ByContent
from pages.shared import incidents, notices, numerals, own_models, plain, services
from pages.views.map.space import Space

N_CENTRAL = 8  # tokens that name a cluster


@dataclass(frozen=True, eq=False)
class MapRequest(ByContent):
    """A map that the reader asks for; `axes` are expressions and `directions` their vectors, for the method "axes"."""

    space: Space
    recipe: Recipe
    axes: tuple[str, ...] = ()
    directions: Float32[np.ndarray, "n_components d_model"] | None = None

    @property
    def method(self) -> MapMethod:
        """The row of its method."""
        return METHODS[self.recipe.method]

    @property
    def job(self) -> MapJob:
        """The job of the map maker; equal for all who ask for the same map of the same file."""
        model = self.space.model
        return MapJob(model.reference, model.sha256, self.space.stage, self.recipe, self.space.packed, self.axes)

    @property
    def key(self) -> str:
        """The key of everything that the map depends on."""
        return self.job.key

    @cached_property
    def finished(self) -> Path:
        """Where the finished map lies, or will lie: in the cache where it was computed here, otherwise beside the model.

        In this order, for a map beside the model may be one of other vectors, which then was computed anew.
        """
        space, recipe = self.space, self.recipe
        computed = services.jobs().path(self.job)
        is_own = space.stage == STAGES[0] and recipe.seed == 0 and not self.method.has_axes
        if not is_own or space.part is None or space.model.source is None or computed.exists():
            return computed
        beside = map_path(space.model.source.path, recipe.method, recipe.n_components, space.part)
        return beside if beside.exists() else computed


@dataclass(frozen=True)
class ShownMap:
    """A map as it is drawn: its points, how to place others, and, where it was measured, how far it may be trusted."""

    request: MapRequest
    projection: Projection
    stored: StoredMap | None
    stored_state: FileState | None = None  # of the file that `stored` was read from
    alignment: Alignment | None = None

    @property
    def key(self) -> str:
        """Everything that its points depend on before they are aligned: a finished map may be replaced by another."""
        return f"{self.request.key} {self.stored_state}"

    @property
    def coordinates(self) -> Float32[np.ndarray, "n n_components"]:
        """Where the points lie, laid on the other map where they were aligned."""
        points = self.projection.coordinates
        return points if self.alignment is None else self.alignment.apply(points)

    @property
    def is_space(self) -> bool:
        """Whether the map has three dimensions."""
        return self.coordinates.shape[1] == 3

    @property
    def steps(self) -> Int16[np.ndarray, "n n_components"]:
        """The same as steps of the map's grid, as they are drawn."""
        return Grid.of(self.coordinates).steps(self.coordinates)

    def place(self, vectors: np.ndarray) -> Float32[np.ndarray, "m n_components"]:
        """Return where other vectors lie."""
        points = self.projection.transform(vectors)
        return points if self.alignment is None else self.alignment.apply(points)

    @property
    def titles(self) -> Sequence[str]:
        """The names of the axes; none where the map has no axes, or was turned."""
        if not isinstance(self.projection, LinearProjection) or self.alignment is not None:
            return ()
        if self.request.method.choice == "axes":
            shares = self.projection.explained_variance_ratio
            return [
                f"{visible(axis)} · {numerals.share(float(share), 1)} of variance"
                for axis, share in zip(self.request.axes, shares, strict=True)
            ]
        return component_titles(self.projection, self.request.recipe.components)

    @cached_property
    def named_clusters(self) -> NamedClusters | None:
        """The clusters of the map, those whose members are most alike first; None where there are none."""
        if self.stored is None or not (self.stored.clusters >= 0).any():
            return None
        return services.clusters(self.key, self._name_clusters)

    def _name_clusters(self) -> NamedClusters:
        assert self.stored is not None
        space, labels = self.request.space, self.stored.clusters
        first = services.pca(space.key, space.model).select([0])
        return name_clusters(labels, space.vectors, self.ids, first, n_tokens=N_CENTRAL)

    @property
    def axis_names(self) -> Sequence[str]:
        """Short names of the axes, for a table."""
        if self.request.method.choice == "components":
            return [f"PC {component + 1}" for component in self.request.recipe.components]
        return "xyz"[: self.projection.n_components]

    @property
    def ids(self) -> Int64[np.ndarray, " n"]:
        """The token id of every point."""
        return self.request.space.ids


def shown_map(request: MapRequest, *, key: str) -> ShownMap | None:
    """Return the map, or offer to compute it and return None; a linear map is drawn before it is measured."""
    stored, state = None, file_state(request.finished)
    with notices.in_place():  # a map of other vectors says so, and can be computed anew
        if state is not None:
            stored = services.stored_map(state, request.space.sha256)
    recipe, space = request.recipe, request.space
    projection: Projection
    if request.method.choice == "axes":
        assert request.directions is not None
        projection = along(space.vectors, request.directions)
    elif request.method.choice == "components":
        projection = services.pca(space.key, space.model).select(recipe.components)
    elif stored is None:
        check_layout(space.vectors, recipe.method, recipe.n_components, recipe.seed)
        _offer(
            request, key, f"This map is not computed yet. It takes about {_seconds(request)} s on two cores.", "Compute"
        )
        return None
    else:
        projection = NeighborMap(stored.coordinates, recipe.method, space.index)
    return ShownMap(request, projection, stored, state)


def measure(map_: ShownMap, *, key: str) -> None:
    """Say how far a map may be trusted, or offer to measure it."""
    if map_.stored is None:
        _offer(
            map_.request,
            key,
            f"How far can this map be trusted? Comparing every point's neighbors takes about {_seconds(map_.request)} s.",
            "Measure",
        )
        return
    provenance, fidelity = map_.stored.provenance, map_.stored.fidelity
    st.markdown(
        f"**Trustworthiness {fidelity.mean_trustworthiness:.3f}** (1 means that no neighbor is false); of each point's {fidelity.k} "
        f"nearest, **{numerals.share(fidelity.mean_overlap, 1)}** are near here too." + _trained_alone(map_)
    )
    made = (
        f"{provenance.get('library', 'of an unnamed library')}, seed {provenance.get('seed', 'unknown')}, "
        if not map_.request.method.has_axes
        else ""
    )
    st.caption(
        plain.text(
            f"{made}{len(fidelity.overlap):,} rows, none left out; vectors sha256 {provenance['vectors_sha256'][:12]}…"
        )
    )


def _trained_alone(map_: ShownMap) -> str:
    """Return how far the map may be trusted for the rows that training met, where it is also of others."""
    assert map_.stored is not None
    space = map_.request.space
    rows = space.rows(trained_ids(space.model.metadata))
    if not 0 < len(rows) < len(space.ids):
        return ""
    fidelity = map_.stored.fidelity.part(rows)
    return (
        f" Of the {numerals.count(len(rows), 'trained row')} alone: **{fidelity.mean_trustworthiness:.3f}**, and "
        f"**{numerals.share(fidelity.mean_overlap, 1)}** are near. Rows that training never touched have neighbors by chance, which "
        "no map keeps."
    )


def _seconds(request: MapRequest) -> int:
    n_rows = len(request.space.ids)
    most = request.method.seconds[request.recipe.n_components - 2]
    return max(request.method.least_seconds, round(most * n_rows / 50_257))


def _offer(request: MapRequest, key: str, sentence: str, verb: str) -> None:
    """Draw a button that starts the job; while it runs, its progress and a button that ends it."""
    jobs = services.jobs()
    status = jobs.status(request.job)
    if not status.is_running:
        if status.failure is not None:
            _show_failure(status.failure)
        elif status.doing == "cancelled":
            st.info("Cancelled: nothing was kept.", icon=":material/cancel:")
        st.markdown(sentence)
        if st.button(verb, key=f"{key}_start", icon=":material/play_arrow:"):
            with notices.in_place():
                jobs.start(request.job)
                own_models.owns_map(jobs.path(request.job))
                st.rerun()
        return
    _watch(request, key)


def _show_failure(failure: Failure) -> None:
    """Say why a map was not made; where the app is hosted, the log alone says what broke."""
    if failure.cause == "broken" and incidents.is_hosted():
        incidents.show_incident_id(failure.incident)
    else:
        st.error(plain.text(failure.message), icon=":material/error:")


@st.fragment(run_every=1.0)
def _watch(request: MapRequest, key: str) -> None:
    status = services.jobs().status(request.job)
    if not status.is_running:
        notices.stay()
        st.rerun()
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.progress(min(1.0, status.share), f"{status.doing} · {status.share:.0%}")
    if right.button("Cancel", key=f"{key}_cancel", icon=":material/close:"):
        services.jobs().cancel(request.job)
        st.rerun()
