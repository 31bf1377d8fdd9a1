"""Nothing here calls anybody: every way to run embedcore, each alive for 20 seconds, under a proxy that records."""

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
import websockets

from embedcore.maps.job import MapJob
from embedcore.maps.recipe import Recipe
from tests.serving import ROOT, STREAMLIT, UVICORN, serve, variables, visit

SECONDS = 20  # ONNX Runtime 1.31 called its vendor 8 to 16 seconds after its import
LIBRARY = """
import embedcore, numpy, time
model = embedcore.open_model("toy")
rows = model.run(numpy.array([2, 3, 5, 1])).input_embeddings[0]
embedcore.neighbors(model.table, rows, k=2)
embedcore.project(model.table)
time.sleep(SECONDS)
"""
EXPORT = """
import sys, time
from export.__main__ import main
assert main(["verify", "models/toy.onnx"]) == 0
time.sleep(SECONDS)
"""
JOB = MapJob("toy", None, "token vectors", Recipe("pca", 2, (0, 1), 0))


class Recorder:
    """A proxy on this machine that writes down what is asked of it, and answers nothing."""

    def __init__(self):
        self.requests = []
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def environment(self):
        url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        proxies = {name: url for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (upper, upper.lower())}
        return proxies | {"NO_PROXY": "localhost", "no_proxy": "localhost"}

    def _listen(self):
        while True:
            try:
                asker, _ = self._server.accept()
            except OSError:
                return
            with asker:
                asker.settimeout(5)
                self.requests.append(asker.recv(4096).split(b"\r\n")[0].decode())

    def close(self):
        self._server.close()


@contextmanager
def recorder():
    running = Recorder()
    yield running
    running.close()


def start(*arguments, environment, **kwargs):
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=variables(**environment), **kwargs)


def test_the_recorder_sees_who_asks():
    with recorder() as proxy:
        ask = "import urllib.request; urllib.request.urlopen('https://elsewhere.example/')"
        done = subprocess.run(
            [sys.executable, "-c", ask], env=variables(**proxy.environment), capture_output=True, check=False
        )
    assert done.returncode == 1
    assert proxy.requests == ["CONNECT elsewhere.example:443 HTTP/1.0"]


def test_no_way_to_run_embedcore_asks_the_network(tmp_path):
    """All at once, for they mostly wait: two servers, the library, the worker and the export."""
    ways = ("streamlit", "uvicorn", "library", "worker", "export")
    with ExitStack() as open_:
        proxies = {way: open_.enter_context(recorder()) for way in ways}
        # What importing embedcore has set in this process, a reader's shell has not.
        environments = {way: proxy.environment | {"ORT_DISABLE_TELEMETRY": None} for way, proxy in proxies.items()}
        library = start("-c", LIBRARY.replace("SECONDS", str(SECONDS)), environment=environments["library"])
        export = start("-c", EXPORT.replace("SECONDS", str(SECONDS)), environment=environments["export"])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        worker = start(
            "-m", "embedcore.maps.worker", str(tmp_path / "map.npz"), environment=environments["worker"], **pipes
        )
        for way, command in (("streamlit", STREAMLIT), ("uvicorn", UVICORN)):
            running = open_.enter_context(serve(tmp_path / f"{way}.txt", command, **environments[way]))
            visit(running, "map")
            with pytest.raises(websockets.InvalidStatus):  # Streamlit would ask the internet for its own address first
                visit(running, origin="http://elsewhere.example")
        time.sleep(SECONDS)
        said, _ = worker.communicate(JOB.to_json(), timeout=120)
        assert json.loads(said.splitlines()[-1]) == {"done": True}
        assert (library.wait(60), export.wait(60)) == (0, 0)
    assert {way: proxy.requests for way, proxy in proxies.items()} == {way: [] for way in ways}
