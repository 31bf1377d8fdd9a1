"""The only st.cache_* wrappers, which keep what all readers share and never a reader's text.

What is made of a reader's own model is kept for this reader's session alone, and goes with it.

A key holds everything that its value depends on: the state of a file, the hash of what was read from it, never a name
that may stand for something else tomorrow. What is made of a model's vectors is kept by one `VectorsKey`, so that all
pages share it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
import streamlit as st

from embedcore.audit.indicators import Audit
from embedcore.audit.indicators import audit as measure_rows
from embedcore.engine.providers import Provider, ProviderRequest
from embedcore.files.state import FileState, file_state
from embedcore.maps.file import StoredMap, read_map, vectors_sha256
from embedcore.maps.jobs import Jobs
from embedcore.maps.linear import LinearProjection
from embedcore.maps.make import N_COMPONENTS
from embedcore.maps.project import project
from embedcore.model import catalog
from embedcore.model.chain import Part, chain, turned
from embedcore.model.model import InputLayer, Model
from embedcore.model.open import open_model
from embedcore.model.own_folder import new_own_folder
from embedcore.model.own_models import OwnModels
from embedcore.model.vectors_key import VectorsKey, read_vectors, table_key
from embedcore.space.carried import carried as carry
from embedcore.space.metrics import Metric
from embedcore.space.neighbors import NeighborIndex
from embedcore.tokens import kinds as token_kinds
from embedcore.tokens.categories import TokenCategories, known_unused, token_categories
from embedcore.tokens.label_file import vocabulary_labels
from embedcore.tokens.tokenizer import Tokenizer, get_tokenizer

_P = ParamSpec("_P")
_R = TypeVar("_R")
BRINGS: Final = "_brings_models"  # in the session of a reader who brought a model: only then it has a folder


@dataclass(frozen=True, slots=True)
class _Opened:
    """A model and the state that its file had just before it was read."""

    model: Model
    path: Path
    state: FileState | None


@st.cache_resource(scope="session", show_spinner=False, on_release=OwnModels.close)
def own_models() -> OwnModels:
    """Return the models of this reader's own; they go when the session ends."""
    return OwnModels(new_own_folder())


def own_file(name: str) -> Path | None:
    """Return the file of this session's own model `name`, or None where it has no such model."""
    return own_models().files.get(name) if BRINGS in st.session_state else None


def is_own_open() -> bool:
    """Say whether the model that the bar names is one of this session's own."""
    return own_file(st.session_state.get("model", "")) is not None


def _kept(**options: Any) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Return what keeps the values of a function: for all readers, or for one while a model of theirs is open."""

    def keep(function: Callable[_P, _R]) -> Callable[_P, _R]:
        for_all = st.cache_resource(**options)(function)
        for_one = st.cache_resource(scope="session", **options)(function)

        @wraps(function)
        def kept(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            return (for_one if is_own_open() else for_all)(*args, **kwargs)

        return kept

    return keep


def model(name: str, provider: ProviderRequest) -> Model:
    """Open a reader's own model of this name, or else that of the catalog."""
    own = own_file(name)
    return model_of_catalog(name, provider) if own is None else _opened_for_one(own, provider).model


def model_of_catalog(name: str, provider: ProviderRequest) -> Model:
    """Open a model once for all readers; when its file is another one, that one is opened, and the old one let go."""
    return _opened(catalog.find(name), provider).model


def _open(path: Path, provider: ProviderRequest) -> _Opened:
    state = file_state(path)
    return _Opened(open_model(path, provider=provider), path, state)


def _is_same_file(opened: _Opened) -> bool:
    return file_state(opened.path) == opened.state


_opening: Final = partial(st.cache_resource, show_spinner="Opening the model …", validate=_is_same_file)
_opened: Final = _opening(max_entries=4)(_open)
_opened_for_one: Final = _opening(max_entries=1, scope="session")(_open)


@_kept(max_entries=8, show_spinner="Computing the map …")
def pca(key: VectorsKey, _model: Model) -> LinearProjection:
    """Fit the principal components along which a reader may look (fewer of small tables) once, for all pages."""
    named = vectors(key, _model)
    projection = project(named, n_components=min(N_COMPONENTS, *named.shape))
    assert isinstance(projection, LinearProjection)
    return projection


def equation(model: Model, layer: InputLayer) -> tuple[Part, ...]:
    """Return the parts of a reader's equation; they are the reader's own, so nothing keeps them."""
    return chain(model, layer)


def rotation(model: Model, layer: InputLayer) -> tuple[Part, ...]:
    """Return what rotary positions do to a reader's queries and keys; no parts where nothing turns."""
    return turned(model, layer)


def vectors(key: VectorsKey, model: Model) -> np.ndarray:
    """Return the vectors that `key` names, shared by all readers; `model` is the one that it is a key of."""
    return model.table if key == table_key(model) else _vectors(key, model)


@_kept(max_entries=4, show_spinner="Reading the vectors …")
def _vectors(key: VectorsKey, _model: Model) -> np.ndarray:
    return read_vectors(key, _model)


@_kept(max_entries=32, show_spinner=False)
def sha256(key: VectorsKey, _model: Model) -> str:
    """Keep the hash of the vectors that `key` names, by which a finished map knows them."""
    return vectors_sha256(vectors(key, _model))


@_kept(max_entries=4, show_spinner="Preparing the search …")
def neighbor_index(key: VectorsKey, metric: Metric, provider: Provider, _model: Model) -> NeighborIndex:
    """Bind the vectors that `key` names to the search once, by a metric; `provider` is where the model really runs.

    It is "cpu" or "cuda", and so one index serves those who asked for either and those who left it open.
    """
    return NeighborIndex(vectors(key, _model), metric=metric, provider=provider)


@_kept(max_entries=8, show_spinner="Opening the map …")
def stored_map(state: FileState, sha256: str) -> StoredMap:
    """Open a finished map once in each state of its file; the vectors' hash is part of the key."""
    return read_map(Path(state.path), sha256)


@_kept(max_entries=8, show_spinner="Comparing the neighborhoods …")
def change(key: str, _compare: Callable[[], np.ndarray]) -> np.ndarray:
    """Keep how neighborhoods differ between the two maps that `key` names."""
    return _compare()


@_kept(max_entries=8, show_spinner="Naming the clusters …")
def clusters(key: str, _name: Callable[[], Any]) -> Any:
    """Keep the named clusters of the map that `key` names."""
    return _name()


@_kept(max_entries=6, show_spinner=False)
def carried(one: str, two: str) -> np.ndarray:
    """Return the id that each token of the vocabulary `one` has in `two`; −1 for those that it does not have."""
    vocabulary = get_tokenizer(one)
    return carry(np.arange(vocabulary.n_vocab), vocabulary, get_tokenizer(two))


@_kept(max_entries=6, show_spinner=False)
def scripts(tokenizer: str, n_rows: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the script of the token of every row of a table as a code, and the scripts' names."""
    return token_kinds.scripts(get_tokenizer(tokenizer), n_rows)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the one register of map makers of this server."""
    return Jobs()


@_kept(max_entries=6, show_spinner="Reading the vocabulary …")
def tokenizer(name: str) -> Tokenizer:
    """Return a tokenizer, with a word on the page while its vocabulary is read."""
    return get_tokenizer(name)


@_kept(max_entries=6, show_spinner=False)
def labels(name: str) -> tuple[str, ...]:
    """Return the label of every id of a tokenizer's vocabulary."""
    return vocabulary_labels(name)


@_kept(max_entries=6, show_spinner="Taking every token through the tokenizer and back …")
def categories(tokenizer: str, n_rows: int) -> TokenCategories:
    """Sort the rows of a table by whether text can reach them."""
    return token_categories(get_tokenizer(tokenizer), n_rows)


def audit(model: Model) -> Audit:
    """Measure every row of a model's table, and of its output table, once for each content of their files."""
    return _audit(model.sha256, model.output_state, model)


@_kept(max_entries=6, show_spinner="Measuring every row …")
def _audit(sha256: str, output_state: FileState | None, _model: Model) -> Audit:
    unused = known_unused(_model.tokenizer, _model.metadata.n_vocab)
    return measure_rows(_model.table, unused=unused, output_table=_model.output_table)
