"""Where this server hands out the files that the code on the pages reads: models, and the generic graphs of Positions."""

import json
import re
from typing import Final
from urllib.parse import quote, urlsplit

import streamlit as st
from streamlit.url_util import make_url_path

from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.model.table_files import TableFile

_GRAPH: Final = re.compile(r'"graph_(\w+)\.onnx"')


def graph_file(name: str) -> str:
    """Return the name that a generic graph has as a file of its own: no model's file is likely to be called so."""
    return f"graph_{name}.onnx"


def graphs_in(code: str) -> list[str]:
    """Return the names of the generic graphs that code opens, each once, in the order in which they are first named."""
    return list(dict.fromkeys(_GRAPH.findall(code)))


def model_path(model: Model) -> str | None:
    """Return the address of the model's file, from the server's root on; None where the server does not hand it out."""
    name = _name_here(model)
    return None if name is None else _path(f"api/models/{quote(name)}.onnx")


def table_path(model: Model, kind: TableFile) -> str | None:
    """Return the address of one of the files of the model's whole table; None where the server hands none out."""
    name = _name_here(model)
    return None if name is None else _path(f"api/tables/{quote(name)}.{kind}")


def graph_path(name: str) -> str:
    """Return the address of a generic graph, from the server's root on."""
    return _path(f"api/graphs/{graph_file(name)}")


def with_addresses(model: Model, code: str) -> str:
    """Return code with a comment before it for each file that it opens and this server hands out: where to get it."""
    addresses = {}
    if json.dumps(model.file_name, ensure_ascii=False) in code:
        addresses[model.file_name] = model_path(model)
    addresses |= {graph_file(name): graph_path(name) for name in graphs_in(code)}
    lines = [f"# {name}: {_whole(path)}" for name, path in addresses.items() if path is not None]
    return "\n".join([*lines, "", code] if lines else [code])


def _name_here(model: Model) -> str | None:
    """Return the name in the catalog of the file that a model was opened from; None where it is no file of the catalog.

    Another file may have the name of one: a reader's own, which nobody else is to have.
    """
    if model.source is None:
        return None
    path = model.source.path
    is_here = path.stem in catalog.names()
    return path.stem if is_here and catalog.find(path.stem).resolve() == path.resolve() else None


def _path(path: str) -> str:
    return make_url_path(st.get_option("server.baseUrlPath"), path)


def _whole(path: str) -> str:
    """Return an address with the host by which the reader has reached this server, where it is known."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else path
