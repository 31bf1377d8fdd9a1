"""However and from wherever the server is started it is one server: its settings, its routes, its base path, its log."""

import io
import json
import re
import subprocess
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack

import numpy as np
import pytest

from embedcore import get_tokenizer
from embedcore.model import catalog
from tests.serving import ROOT, STREAMLIT, UVICORN, serve, variables, visit

SECRET = "xyzzy-plugh"
TOY = get_tokenizer("toy")
PAGES = ("", "tokens", "batches", "lookup", "positions", "sum", "map", "neighbors", "audit")
FIELDS = (
    "text",
    "query",
    "find",
    "expression",
    "ids",
    "model",
    "token",
    "by",
    "view",
    "stride",
    "seed",
    "base",
    "tied",
)
FROM_ANYWHERE = ("uvicorn", "--app-dir", str(ROOT), "app:app", "--port", "{port}")
# The word each way is known by, its command, the folder where it is given (None: another), its environment.
WAYS = {
    "streamlit": (STREAMLIT, ROOT, {}),
    "streamlit from another folder, at its most talkative": (
        ("streamlit", "run", str(ROOT / "app.py"), "--server.port", "{port}", "--logger.level", "debug"),
        None,
        {},
    ),
    "uvicorn": (UVICORN, ROOT, {}),
    "uvicorn from another folder, with its access log": (FROM_ANYWHERE, None, {}),
    "uvicorn from another folder, at its most talkative": (
        (*FROM_ANYWHERE, "--log-level", "trace"),
        None,
        {"STREAMLIT_LOGGER_LEVEL": "debug"},
    ),
}


def ask(url, **headers):
    """Return status and body of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with ExitStack() as open_:
        yield {
            way: open_.enter_context(
                serve(
                    tmp_path_factory.mktemp("log") / "log.txt",
                    command,
                    folder=folder or tmp_path_factory.mktemp("elsewhere"),
                    **environment,
                )
            )
            for way, (command, folder, environment) in WAYS.items()
        }


@pytest.mark.parametrize("way", WAYS)
def test_no_log_holds_a_readers_text(servers, way):
    server = servers[way]
    query = urllib.parse.urlencode({name: SECRET for name in FIELDS})
    for page in PAGES if way == "uvicorn" else ("tokens", "map"):
        said = visit(server, page, query)
        assert any(SECRET.encode() in message.SerializeToString() for message in said)
        assert ask(f"{server.url}/{page}?{query}")[0] == 200
        ask(f"{server.url}/{page}%3Ftext={SECRET}")
    hidden = "".join(f"%{ord(letter):02x}" for letter in SECRET)
    ask(f"{server.url}/tokens?text={hidden}")
    ask(f"{server.url}/api/health?text={SECRET}")
    ask(f"{server.url}/_stcore/stream?text={SECRET}", Upgrade="websocket", Connection="Upgrade")
    log = server.output()
    assert SECRET not in urllib.parse.unquote(log)
    assert hidden not in log.lower()
    assert ("GET /tokens" in log) == (way.startswith("uvicorn from"))


def browser_settings(server):
    """Return what a browser is told of the app's settings: theme and behavior."""
    (session,) = (message.new_session for message in visit(server) if message.WhichOneof("type") == "new_session")
    return session.config, session.custom_theme


@pytest.mark.parametrize("way", WAYS)
def test_every_browser_is_told_the_same_settings(servers, way):
    config, theme = browser_settings(servers[way])
    assert config.gather_usage_stats is False
    assert config.toolbar_mode == config.ToolbarMode.VIEWER
    colors = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    assert theme.light.primary_color == colors["light"]["primaryColor"]
    assert theme.dark.primary_color == colors["dark"]["primaryColor"]
    assert (config, theme) == browser_settings(servers["streamlit"])


def options(folder, **environment):
    """Return every setting of a process in `folder` that has imported the app, as a server does."""
    code = (
        "import json, app; from streamlit import config\n"
        "print(json.dumps({name: option.value for name, option in config.get_config_options().items()}))"
    )
    environment = variables(PYTHONPATH=str(ROOT), **environment)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_the_settings_beside_the_app_hold_in_every_folder_and_variables_win(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("[server]\nmaxUploadSize = 99\nport = 9999\n")
    settings = options(tmp_path, STREAMLIT_SERVER_MAX_MESSAGE_SIZE="7", STREAMLIT_CLIENT_TOOLBAR_MODE="minimal")
    expected = dict(flat(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())))
    expected |= {"server.maxMessageSize": 7, "client.toolbarMode": "minimal", "server.port": 9999}
    assert {name: settings[name] for name in expected} == expected
    assert len(expected) > 20


def flat(table, above=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def test_the_health_route_names_the_models_that_can_be_opened(servers):
    status, body = ask(f"{servers['uvicorn'].url}/api/health")
    assert status == 200
    assert json.loads(body) == {"status": "ok", "models": [entry.name for entry in catalog.entries()]}


def test_a_whole_table_is_sent_by_the_name_of_its_model_alone(servers, pydoc):
    url = f"{servers['uvicorn'].url}/api/tables"
    status, body = ask(f"{url}/pydoc-gpt.npy")
    assert status == 200
    table = np.load(io.BytesIO(body), allow_pickle=False)
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table.view(np.uint32), pydoc.table.view(np.uint32))
    assert len(ask(f"{url}/toy.vectors.tsv")[1].splitlines()) == 6
    assert ask(f"{url}/toy.metadata.tsv")[1].decode().splitlines()[:2] == ["token\tid", f"{TOY.label(0)}\t0"]


@pytest.mark.parametrize("way", ["streamlit", "uvicorn"])
@pytest.mark.parametrize(
    "path",
    [
        "api",
        "api/",
        "api/healthy",
        "api/health/",
        "api/models",
        "api/models/toy",
        "api/models/a/b.onnx",
        "api/tables/toy",
        "api/tables/toy.onnx",
        "api/tables/nowhere.npy",
        "api/tables/models%2Ftoy.npy",
        "api/x/y/z",
        "api/vocabularies/gpt2",
        "tokens/api/health",
        "x/y/api/models/toy.onnx",
    ],
)
def test_an_unknown_address_of_the_api_is_not_found(servers, way, path):
    assert ask(f"{servers[way].url}/{path}")[0] == 404


BASES = {
    "flag": ((*STREAMLIT, "--server.baseUrlPath", "/demo/"), {}),
    "variable": (UVICORN, {"STREAMLIT_SERVER_BASE_URL_PATH": "demo"}),
}


@pytest.mark.parametrize("way", BASES)
def test_everything_lives_under_the_base_path(tmp_path, way):
    command, environment = BASES[way]
    with serve(tmp_path / "log.txt", command, base="/demo", **environment) as server:
        root = server.url.removesuffix("/demo")
        for path in ("api/health", "api/models/toy.onnx", "api/vocabularies/toy.json", "map", ""):
            assert ask(f"{server.url}/{path}")[0] == 200
            assert ask(f"{root}/{path}")[0] == 404
        assert ask(f"{server.url}/api/models/nothing.onnx")[0] == 404
        assert ask(f"{server.url}/api/nothing")[0] == 404
        assert any(message.WhichOneof("type") == "delta" for message in visit(server, "map", origin=root))


def test_a_proxy_that_takes_the_base_path_off_finds_everything(tmp_path):
    with serve(tmp_path / "log.txt", (*UVICORN, "--root-path", "/demo")) as server:
        for path in ("api/health", "api/models/toy.onnx", "api/vocabularies/toy.json", "map", ""):
            assert ask(f"{server.url}/{path}")[0] == 200
        assert ask(f"{server.url}/api/nothing")[0] == 404


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    log = tmp_path_factory.mktemp("broken") / "log.txt"
    with serve(log, ("tests.broken_server", "{port}"), EMBEDCORE_HOSTED="1") as server:
        yield server


@pytest.mark.parametrize("place", ["bar", "page", "fragment"])
def test_a_hosted_bug_shows_and_logs_its_incident_and_nothing_else(broken, place):
    said = b"".join(
        message.delta.SerializeToString()
        for message in visit(broken, "", urllib.parse.urlencode({"text": f"{place} {SECRET}"}))
        if message.WhichOneof("type") == "delta"
    )
    incident = re.search(rb"Please report incident (\w{8})\.", said)
    assert incident
    assert b"a bug that says" not in said
    assert b"ValueError" not in said
    assert broken.logs(f"incident {incident[1].decode()}: ValueError at fail:")
    log = broken.output()
    assert SECRET not in log
    assert "a bug that says" not in log


def test_a_hosted_route_that_fails_answers_its_incident(broken):
    status, body = ask(f"{broken.url}/api/vocabularies/gpt2.json?text={SECRET}")
    assert status == 500
    incident = re.search(r"Please report incident (\w{8})\.", json.loads(body)["error"])
    assert broken.logs(f"incident {incident[1]}: ValueError at fail:")
    assert "a bug that says" not in broken.output()


def test_where_it_is_not_hosted_a_bug_shows_its_kind_and_no_value(tmp_path):
    with serve(tmp_path / "log.txt", ("tests.broken_server", "{port}"), EMBEDCORE_HOSTED=None) as server:
        said = b"".join(message.SerializeToString() for message in visit(server, "", f"text=bar+{SECRET}"))
    assert b"ValueError" in said
    assert b"a bug that says" not in said
    assert "ValueError" in server.output()


@pytest.mark.parametrize("command", [STREAMLIT, UVICORN], ids=["streamlit", "uvicorn"])
def test_a_server_without_a_home_leaves_nothing_behind(tmp_path, command):
    (tmp_path / "temporary").mkdir()
    nowhere = {"XDG_CACHE_HOME": "/dev/null", "TMPDIR": str(tmp_path / "temporary")}
    with serve(tmp_path / "log.txt", command, **nowhere) as server:
        visit(server, "map")
        assert [path.name.partition("-")[0] for path in (tmp_path / "temporary").iterdir()] == ["embedcore"]
    assert list((tmp_path / "temporary").iterdir()) == []
