"""The server of pages, health, models and their tables, generic graphs and token labels.

`streamlit run app.py` or `uvicorn app:app`.
"""

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from streamlit.url_util import make_url_path

from embedcore.cache import remove_temporary_folder
from embedcore.engine.generic_graphs import GRAPHS
from embedcore.errors import EmbedcoreError
from embedcore.files.state import file_sha256
from embedcore.model import catalog
from embedcore.model.conversion import end_conversions
from embedcore.model.own_folder import remove_left_folders, remove_own_folders
from embedcore.model.table_files import TABLE_FILES, npy_bytes, table_parts
from embedcore.tokens import tokenizer as tokens
from embedcore.tokens.label_file import label_file
from pages.shared import downloads, incidents, services
from pages.shared.served_head import page_routes
from pages.shared.server_log import keep_texts_out_of_the_log
from pages.shared.server_settings import read_settings

HERE = Path(__file__).resolve().parent


async def health(request: Request) -> Response:
    """Answer that the server is up, and name the models it can open."""
    del request
    return JSONResponse({"status": "ok", "models": list(catalog.names())})


def model_file(request: Request) -> Response:
    """Send a model's `.onnx` file by its catalog name: only names of the catalog, never a path.

    The ETag is the sha256 of the file, by which pages know the model whose numbers they show.
    """
    name = request.path_params["name"]
    if name not in catalog.names():
        return JSONResponse({"error": f"there is no model {name[:40]!r}"}, status_code=404)
    try:
        path = catalog.find(name)
        headers = {"ETag": f'"{file_sha256(path)}"'}
    except EmbedcoreError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return FileResponse(path, headers=headers, media_type="application/octet-stream", filename=f"{name}.onnx")


def table_file(request: Request) -> Response:
    """Send a model's whole table by its catalog name, made part by part while it is sent: nothing keeps it."""
    file = request.path_params["file"]
    kind = next((kind for kind in TABLE_FILES if file.endswith(f".{kind}")), None)
    name = file.removesuffix(f".{kind}")
    if kind is None or name not in catalog.names():
        return JSONResponse({"error": f"there is no table {file[:40]!r}"}, status_code=404)
    try:
        model = services.model_of_catalog(name, "auto")
    except EmbedcoreError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file)}"}
    headers |= {"Content-Length": str(npy_bytes(model))} if kind == "npy" else {}
    media_type = "application/octet-stream" if kind == "npy" else "text/tab-separated-values; charset=utf-8"
    return StreamingResponse(table_parts(model, kind), headers=headers, media_type=media_type)


def graph_file(request: Request) -> Response:
    """Send a generic graph by its name, under the name that the code on the pages gives its file."""
    name = request.path_params["name"]
    if name not in {path.stem for path in GRAPHS.glob("*.onnx")}:
        return JSONResponse({"error": f"there is no graph {name[:40]!r}"}, status_code=404)
    file_name = downloads.graph_file(name)
    return FileResponse(GRAPHS / f"{name}.onnx", media_type="application/octet-stream", filename=file_name)


def vocabulary(request: Request) -> Response:
    """Send the labels of a tokenizer's ids as a JSON array.

    A browser may keep them for a day where the address says which labels they are (`?labels=`, their mark), since a
    newer server may label tokens in another way; otherwise it asks again whether they have changed.
    """
    name = request.path_params["name"]
    if tokens.opened(name) is None:
        return JSONResponse({"error": f"there is no tokenizer {name[:40]!r}"}, status_code=404)
    file = label_file(name)
    is_named = request.query_params.get("labels") == file.mark
    if not is_named and name not in tokens.NAMES:
        # It is of a model's file, which may be a reader's own: whoever has that knows the mark.
        return JSONResponse({"error": f"there is no tokenizer {name[:40]!r}"}, status_code=404)
    headers = {"Cache-Control": "public, max-age=86400" if is_named else "no-cache", "ETag": file.etag}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(file.body), media_type="application/json", headers=headers)
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(file.body, media_type="application/json", headers=headers)


def routes() -> list[Route]:
    """Return what answers under the base path: the API, where any other address is a 404, and every page's HTML."""
    nothing = JSONResponse({"error": "there is nothing at this address"}, status_code=404)
    answers: dict[str, Any] = {
        "api/health": health,
        "api/models/{name}.onnx": model_file,
        "api/tables/{file}": table_file,
        "api/graphs/graph_{name}.onnx": graph_file,
        "api/vocabularies/{name}.json": vocabulary,
        "{above:path}api": nothing,
        "{above:path}api/{rest:path}": nothing,
    }
    base = st.get_option("server.baseUrlPath")
    return [Route(make_url_path(base, path), answer) for path, answer in answers.items()] + page_routes(base)


@asynccontextmanager
async def lifespan(served: st.App) -> AsyncGenerator[None]:
    """Start only where there are models, and leave nothing behind: a signal ends a server before Python's own exit."""
    del served
    catalog.models_folder()
    remove_left_folders()
    try:
        yield
    finally:
        services.jobs().close()
        end_conversions()
        remove_own_folders()
        remove_temporary_folder()


read_settings(HERE / "app.py")
keep_texts_out_of_the_log()
app = st.App(
    HERE / "pages" / "frame.py",
    routes=routes(),
    lifespan=lifespan,
    on_script_error=incidents.on_script_error,
    exception_handlers={Exception: incidents.answer} if incidents.is_hosted() else None,
)
