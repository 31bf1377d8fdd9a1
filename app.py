"""The server: serves the pages, its health, and the model files. `streamlit run app.py` or `uvicorn app:app`."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from embedcore import catalog
from embedcore.errors import EmbedcoreError


async def health(request: Request) -> Response:
    """Answer that the server is up, and name the models it can open."""
    del request
    return JSONResponse({"status": "ok", "models": [entry.name for entry in catalog.entries()]})


def model_file(request: Request) -> Response:
    """Send a model's `.onnx` file by its catalog name: only names of the catalog, never a path."""
    name = request.path_params["name"]
    if name not in {entry.name for entry in catalog.entries()}:
        return JSONResponse({"error": f"there is no model {name[:40]!r}"}, status_code=404)
    try:
        path = catalog.find(name)
    except EmbedcoreError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return FileResponse(path, media_type="application/octet-stream", filename=f"{name}.onnx")


app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    routes=[Route("/api/health", health), Route("/api/models/{name}.onnx", model_file)],
)
