"""A real server in a process of its own, and a reader without a browser. A server that does not come up fails at once."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).parent.parent
STREAMLIT = ("streamlit", "run", "app.py", "--server.port", "{port}")
UVICORN = ("uvicorn", "app:app", "--port", "{port}", "--no-access-log")


class Server:
    def __init__(self, url: str, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.url, self.log, self.process = url, log, process

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def logs(self, words: str, seconds: float = 20) -> bool:
        """Wait until the log holds `words`: a line may come a moment after the answer."""
        end = time.monotonic() + seconds
        while words not in self.output() and time.monotonic() < end:
            time.sleep(0.05)
        return words in self.output()


def variables(**changes: str | None) -> dict[str, str]:
    """Return this process's environment with `changes`; None takes a variable out."""
    return {name: value for name, value in (os.environ | changes).items() if value is not None}


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    log: Path,
    command: Sequence[str] = STREAMLIT,
    *,
    folder: Path = ROOT,
    base: str = "",
    port: int = 0,
    **environment: str | None,
) -> Iterator[Server]:
    """Run `python -m COMMAND` from `folder` on `port`, a free one by default; yield the Server once it answers under `base`."""
    if port == 0:
        port = free_port()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=port) for part in command)],
            cwd=folder,
            env=variables(**environment),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://localhost:{port}{base}", log, process)
    try:
        for _ in range(600):
            if process.poll() is not None:
                pytest.fail(f"the server ended with {process.returncode}:\n{server.output()}")
            try:
                with urllib.request.urlopen(f"{server.url}/api/health", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"the server did not come up in 60 s:\n{server.output()}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def visit(
    server: Server, page: str = "", query: str = "", *, origin: str | None = None, timeout: float = 60
) -> list[ForwardMsg]:
    """Open a page as a browser does, over the websocket, and return every message until its script has ended."""
    address = server.url.replace("http://", "ws://") + "/_stcore/stream"
    messages = []
    end = time.monotonic() + timeout
    with connect(
        address, origin=Origin(origin or server.url), subprotocols=[Subprotocol("streamlit")], max_size=None
    ) as socket_:
        request = BackMsg()
        request.rerun_script.query_string = query
        request.rerun_script.page_name = page
        socket_.send(request.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(socket_.recv(end - time.monotonic(), decode=False))
            messages.append(message)
            if message.WhichOneof("type") == "script_finished":
                return messages
