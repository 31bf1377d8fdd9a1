"""A real server and a real browser. A server that does not come up fails at once, with its log."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


class Server:
    def __init__(self, url, log, process):
        self.url, self.log, self.process = url, log, process

    def output(self):
        return self.log.read_text(errors="replace")


@contextmanager
def serve(log, command=("streamlit", "run", "app.py", "--server.port", "{port}")):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=port) for part in command)],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://localhost:{port}", log, process)
    try:
        for _ in range(300):
            if process.poll() is not None:
                pytest.fail(f"the server ended with {process.returncode}:\n{server.output()}")
            try:
                with urllib.request.urlopen(f"{server.url}/api/health", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"the server did not come up in 30 s:\n{server.output()}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        message = "no /usr/bin/chromium: apt-get install -y chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser, server):
    """Open a page of the app; at the end no script may have failed and no other host been asked."""
    contexts, errors, foreign = [], [], []

    def open_(path, *, scheme="light", width=1440, url=server.url):
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, url) else None)
        page.goto(url + path)
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
    assert foreign == []


def is_foreign(address, url):
    return address.startswith("http") and not address.startswith(url)


def settle(page):
    """Wait until the page stands still: its title is there, and Streamlit runs nothing."""
    page.wait_for_selector("h1")
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
               && !document.querySelector('[data-testid="stSkeleton"]')"""
    )
