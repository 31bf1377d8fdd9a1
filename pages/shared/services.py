"""The only st.cache_* wrappers: what all readers share. Keys are names and hashes; no reader's text is ever kept."""

import streamlit as st

from embedcore.projection import Projection, project
from embedcore.providers import ProviderRequest
from embedcore.runtime import Model, open_model
from embedcore.token_labels import token_label
from embedcore.tokens import Tokenizer, get_tokenizer


@st.cache_resource(max_entries=4, show_spinner="Opening the model …")
def model(name: str, provider: ProviderRequest) -> Model:
    """Open a model once for all readers."""
    return open_model(name, provider=provider)


@st.cache_resource(max_entries=8, show_spinner="Computing the map …")
def pca(sha256: str, n_components: int, _model: Model) -> Projection:
    """Fit the map of a model's whole table once; `sha256` of its file is the key."""
    return project(_model.table, n_components=n_components)


@st.cache_resource(max_entries=6, show_spinner="Reading the vocabulary …")
def tokenizer(name: str) -> Tokenizer:
    """Return a tokenizer, with a word on the page while its vocabulary is read."""
    return get_tokenizer(name)


@st.cache_resource(max_entries=6, show_spinner=False)
def labels(name: str) -> tuple[str, ...]:
    """Return the label of every id of a tokenizer's vocabulary."""
    vocabulary = get_tokenizer(name)
    return tuple(token_label(vocabulary.token_bytes(token_id)) for token_id in range(vocabulary.n_vocab))
