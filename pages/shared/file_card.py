"""The card of the file that a page's code opens: its download, what it takes and gives, and what it says of itself."""

import html
from collections.abc import Iterable, Sequence
from typing import Final

import streamlit as st

from embedcore.engine.generic_graphs import graph_signature
from embedcore.engine.signature import Port, Signature
from embedcore.model.model import Model
from pages.shared import downloads, plain, table_links, table_rows

_LONGEST_VALUE: Final = 160


def draw(*models: Model, codes: Iterable[str] = ()) -> None:
    """Draw a card for each different model, and one for the generic graphs that any of `codes` opens."""
    st.header("The file behind this page" if len(models) == 1 else "The files behind this page")
    for model in {model.file_name: model for model in models}.values():
        _model(model)
    graphs = list(dict.fromkeys(name for code in codes for name in downloads.graphs_in(code)))
    if graphs:
        _graphs(graphs)


def _model(model: Model) -> None:
    metadata, path = model.metadata, downloads.model_path(model)
    with st.container(border=True):
        st.markdown(f"**{plain.text(model.file_name)}**")
        if model.source is None:
            st.markdown("The file lies on another server, which runs it: it cannot be downloaded here.")
            return
        if path is None:  # a reader's own, which has no address
            st.download_button(
                f"Download {model.file_name}",
                data=lambda: model.file.content(),
                file_name=model.file_name,
                mime="application/octet-stream",
                key=f"own_file_{model.sha256[:12]}",
                icon=":material/download:",
                on_click="ignore",
            )
        else:
            st.html(_link(path, model.file_name, model.file.n_bytes))
        st.markdown(_ports(model.file.signature))
        st.markdown(
            f"Opset {model.file.signature.opset}, IR version {model.file.signature.ir_version}. The ids are those of the tokenizer "
            f"{plain.code(metadata.tokenizer)}; the table is stored as {plain.code(metadata.weights_dtype)}.  \n"
            f"sha256 {plain.code(model.sha256)}"
            + (f"  \n{table_rows.sentence(model)}" if table_rows.sentence(model) else "")
        )
        table_links.draw(model)
        with st.expander("Metadata in the file", icon=":material/description:"):
            st.markdown(
                "\n".join(f"- {plain.code(key)}: {plain.code(_cut(text))}" for key, text in metadata.to_props().items())
            )


def _graphs(names: Sequence[str]) -> None:
    """List the generic graphs, which hold no weights: every number that they compute with is an input."""
    with st.container(border=True):
        st.markdown(
            "**Generic graphs.** They hold no weights: every number that they compute with is one of their inputs."
        )
        for name in names:
            signature, n_bytes = graph_signature(name)
            st.html(_link(downloads.graph_path(name), downloads.graph_file(name), n_bytes))
            with st.expander(f"Inputs and outputs of {downloads.graph_file(name)}", icon=":material/description:"):
                st.markdown(_ports(signature))
                st.markdown(f"Opset {signature.opset}, IR version {signature.ir_version}.")


def _link(path: str, file_name: str, n_bytes: int) -> str:
    name = html.escape(file_name)
    return f'<a class="download" href="{html.escape(path)}" download="{name}">Download {name}</a> ({_size(n_bytes)})'


def _ports(signature: Signature) -> str:
    """Return the inputs and outputs of a graph as a table in Markdown."""
    rows = [
        f"| {kind} | {plain.code(port.name)} | {port.dtype} | {plain.code(_axes(port))} |"
        for kind, ports in (("input", signature.inputs), ("output", signature.outputs))
        for port in ports
    ]
    return "\n".join(["| | name | dtype | shape |", "|---|---|---|---|", *rows])


def _axes(port: Port) -> str:
    return f"[{', '.join(map(str, port.axes))}]"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _size(n_bytes: int) -> str:
    """Return a size in the largest unit of which there is at least one.

    >>> _size(832), _size(6_466_000), _size(51_463_000)
    ('832 bytes', '6.5 MB', '51 MB')
    """
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if n_bytes >= size:
            return f"{n_bytes / size:.{0 if n_bytes >= 10 * size else 1}f} {unit}"
    return f"{n_bytes} bytes"
