"""What a crawler, a chat that shows a link, and a browser's first paint get: the HTML, before any script has run."""

import io
import re
import urllib.error
import urllib.request
from html.parser import HTMLParser

import pytest
from PIL import Image

from pages.shared import served_head
from pages.shared.page_list import LISTED
from tests.serving import STREAMLIT, UVICORN, serve

SERVERS = {
    "streamlit run": (STREAMLIT, "", {}),
    "uvicorn, hosted, under a base path": (
        UVICORN,
        "/demo",
        {"EMBEDCORE_HOSTED": "1", "STREAMLIT_SERVER_BASE_URL_PATH": "demo"},
    ),
}


class Document(HTMLParser):
    """The title, the meta tags, the links, and the words that an HTML text holds without its scripts."""

    def __init__(self, text):
        super().__init__()
        self.inside, self.texts, self.meta, self.links, self.order = [], {}, {}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.order.append(given.get("id", tag))
        if tag == "meta":
            self.meta[given.get("name") or given.get("property")] = given.get("content")
        elif tag == "a":
            self.links.append(given["href"])
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in self.inside[-1:]:
            self.texts[tag] = self.texts.get(tag, "") + data


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    command, base, environment = SERVERS[request.param]
    with serve(tmp_path_factory.mktemp("head") / "log.txt", command, base=base, **environment) as running:
        yield running


def ask(url, **headers):
    """Return the status, headers and body of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def test_every_page_is_served_with_its_own_words_and_the_style(server):
    for page in LISTED:
        status, headers, body = ask(f"{server.url}/{page.address}?model=toy")
        assert (status, headers["Cache-Control"]) == (200, "no-cache")
        served = Document(body.decode())
        assert served.texts["title"] == f"{page.title} · toy · embedcore" == served.meta["og:title"]
        assert served.meta["description"] == page.description == served.meta["og:description"]
        assert served.texts["h1"] == f"embedcore: {page.title}"
        assert {f"./{other.address}" for other in LISTED} <= set(served.links)
        assert b'<html lang="en">' in body
        assert served_head.STYLES[0].read_text() in body.decode()
        assert served.order.index("root") < served.order.index("style"), "what comes later overrides"
    assert len({page.description for page in LISTED}) == len(LISTED)


def test_the_title_names_only_a_model_that_is_there(server):
    for query in ("", "?model=%3Cscript%3E", "?model=nothing"):
        assert b"<title>Map \xc2\xb7 pydoc-gpt \xc2\xb7 embedcore</title>" in ask(f"{server.url}/map{query}")[2]


def test_the_card_shows_a_picture_of_the_size_that_it_names(server):
    served = Document(ask(f"{server.url}/map")[2].decode())
    assert served.meta["og:image"].startswith(server.url + "/")
    status, headers, body = ask(served.meta["og:image"])
    assert (status, headers["Content-Type"]) == (200, "image/png")
    size = (int(served.meta["og:image:width"]), int(served.meta["og:image:height"]))
    assert Image.open(io.BytesIO(body)).size == size


def test_a_host_that_is_none_is_not_written_into_the_page(server):
    body = ask(f"{server.url}/map", Host='"><script>alert(1)</script>')[2]
    assert b"alert(1)" not in body


def test_a_page_that_did_not_change_is_not_sent_again_and_one_that_did_is(server):
    _, headers, _ = ask(f"{server.url}/map")
    assert ask(f"{server.url}/map", **{"If-None-Match": headers["ETag"]})[0] == 304
    assert ask(f"{server.url}/sum", **{"If-None-Match": headers["ETag"]})[0] == 200


def test_what_is_no_page_stays_as_it_is(server):
    status, headers, body = ask(f"{server.url}/api/health")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert body.startswith(b"{")
    script = re.search(rb'src="\./(static/js/index[^"]+)"', ask(f"{server.url}/")[2])[1].decode()
    status, headers, _ = ask(f"{server.url}/{script}")
    assert status == 200
    assert "javascript" in headers["Content-Type"]
    status, _, body = ask(f"{server.url}/nowhere")
    assert status == 404
    assert b"<title>" in body


def test_scripts_run_before_streamlits_own_and_style_stands_after_its_own(tmp_path, monkeypatch):
    script, style = tmp_path / "ours.js", tmp_path / "ours.css"
    script.write_text("window.ours = 1;\n")
    style.write_text("p { margin: 0 }\n")
    monkeypatch.setattr(served_head, "SCRIPTS", (script,))
    monkeypatch.setattr(served_head, "STYLES", (style,))
    text = served_head.served_page(LISTED[0], None, folder="")
    assert "<title>Overview · embedcore</title>" in text
    assert text.index("window.ours = 1;") < text.index("</head>")
    assert text.index("window.ours = 1;") > text.index("<title>")
    assert text.index("p { margin: 0 }") > text.index('id="root"'), "what comes later overrides"
