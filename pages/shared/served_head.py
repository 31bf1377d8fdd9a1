"""What the server's HTML holds before any script runs: the app's style, its titles, a card for shared links, its pages.

Streamlit serves one HTML file for every page, whose title is "Streamlit". The routes here serve the same file with our
words in it. `STYLES` act from the first paint; `SCRIPTS` run before Streamlit's own.
"""

import re
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from streamlit import file_util
from streamlit.url_util import make_url_path

from embedcore.errors import EmbedcoreError
from embedcore.model import catalog
from pages.shared.page_list import LISTED, PRODUCT, ListedPage, window_title
from pages.shared.widget_scripts import widget_scripts

_HERE: Final = Path(__file__).parent
STYLES: Final[tuple[Path, ...]] = (_HERE / "style.css",)
SCRIPTS: Final[tuple[Path, ...]] = (_HERE / "history.js", _HERE / "scrollable.js")
_CARD: Final = "card.png"
_CARD_SIZE: Final = (1200, 630)
_BY_ADDRESS: Final = {page.address: page for page in LISTED}
_NAME: Final = re.compile(r"[\w.:\[\]-]+")  # of a host: whatever else a request names is not written into a page


class _PageAddress(Convertor[str]):
    """One part of a path that can be a page's address; files have a dot, and Streamlit's own sign-in has this name."""

    regex = "(?!oauth2callback)[A-Za-z0-9_-]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def page_routes(base: str) -> list[Route]:
    """Return the routes that serve every page under the base path `base`, and the picture of the card."""
    register_url_convertor("page_address", _PageAddress())
    return [
        Route(make_url_path(base, "{address:page_address}"), _answer),
        Route(make_url_path(base, _CARD), _card),
    ]


def _answer(request: Request) -> Response:
    """Send a page's HTML; the page with an address that is none of ours says so itself, under the status 404."""
    page = _BY_ADDRESS.get(request.path_params["address"])
    model = _model(request.query_params.get("model", ""))
    body = served_page(page or LISTED[0], model, folder=_folder(request)).encode()
    headers = {"Cache-Control": "no-cache", "ETag": f'"{sha256(body).hexdigest()[:32]}"'}
    if page is not None and headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, 200 if page is not None else 404, headers)


def _card(request: Request) -> Response:
    del request
    return FileResponse(_HERE / _CARD, media_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


def _model(requested: str) -> str | None:
    """Return the name of the model that a page will show; None where there is none to open, which the page explains."""
    try:
        models = list(catalog.names())
    except EmbedcoreError:
        return None
    return requested if requested in models else models[0]


def _folder(request: Request) -> str:
    """Return the address under which all pages lie, without its last "/": a card's picture needs the whole address."""
    url = request.url
    host = f"{url.scheme}://{url.netloc}" if _NAME.fullmatch(url.netloc) else ""
    return host + url.path.rpartition("/")[0]


def served_page(page: ListedPage, model: str | None, *, folder: str) -> str:
    """Return the HTML of `page` with the `model` in its title; `folder` is the address of the app, without a last "/"."""
    title, description = escape(window_title(page.title, model)), escape(page.description)
    picture = escape(f"{folder}/{_CARD}")
    width, height = _CARD_SIZE
    head = f"""<meta name="description" content="{description}">
    <meta property="og:type" content="website">
    <meta property="og:site_name" content="{PRODUCT}">
    <meta property="og:title" content="{title}">
    <meta property="og:description" content="{description}">
    <meta property="og:image" content="{picture}">
    <meta property="og:image:width" content="{width}">
    <meta property="og:image:height" content="{height}">
    <meta property="og:image:alt" content="The pages of {PRODUCT}: a text, its tokens, and their vectors as pictures">
    <meta name="twitter:card" content="summary_large_image">
    """
    words = f"<h1>{PRODUCT}: {escape(page.title)}</h1>\n<p>{description}</p>\n{_links()}"
    # No canonical address and no og:url: they would take the query, which says what a link shows, off a shared link.
    # Style stands at the end of the body, after what Streamlit's scripts add to the head, which it is to override.
    return (
        _document()
        .replace('href="./favicon.png"', f'href="{_icon()}"', 1)
        .replace("<title>Streamlit</title>", f"<title>{title}</title>\n    {head}", 1)
        .replace("</head>", f"{_preloads()}{_inline('script', SCRIPTS)}</head>", 1)
        .replace("<noscript>", f"<noscript>\n{words}", 1)
        .replace("</body>", f"{_inline('style', STYLES)}</body>", 1)
    )


@cache
def _document() -> str:
    """Return the HTML that Streamlit serves."""
    return Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")


@cache
def _inline(tag: str, files: tuple[Path, ...]) -> str:
    return "".join(f'<{tag} data-file="{file.name}">\n{file.read_text(encoding="utf-8")}</{tag}>\n' for file in files)


@cache
def _preloads() -> str:
    return "".join(f'<link rel="modulepreload" crossorigin href="{script}">\n' for script in widget_scripts())


@cache
def _icon() -> str:
    return "data:image/svg+xml," + quote((_HERE / "icon.svg").read_text(encoding="utf-8"))


@cache
def _links() -> str:
    rows = "\n".join(
        f'<li><a href="./{page.address}">{escape(page.title)}</a>: {escape(page.description)}</li>' for page in LISTED
    )
    return f"<ul>\n{rows}\n</ul>\n"
