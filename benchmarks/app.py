"""The app as a reader meets it: import, start, one changed text, and memory after a visit to every page."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

import psutil
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

from benchmarks.timing import ROOT, Line

CHROMIUM = "/usr/bin/chromium"
_WORDS = ("list", "tuple", "name", "value", "class")
PAGES = (
    "",
    "tokens",
    "batches",
    "lookup",
    "positions",
    "sum",
    "map",
    "map?method=t-SNE&compare=true",
    "map?dimensions=3-D&model=random-gpt2",
    "neighbors",
    "audit",
)
_FINISHED = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
    && document.querySelectorAll('.js-plotly-plot .main-svg').length >= 2"""


def lines() -> list[Line]:
    """Measure import, changed text, server start and memory."""
    return [_import(), _changed_text(), *_server()]


def _import() -> Line:
    code = "import time; start = time.perf_counter(); import embedcore; print(time.perf_counter() - start)"
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _ in range(7)
    ]
    return Line("import embedcore", f"{statistics.median(seconds):.2f} s", "≤ 0.5 s", "median of 7 processes")


def _changed_text() -> Line:
    app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60).run()
    seconds = []
    for number in range(25):
        words = [_WORDS[(number + place) % len(_WORDS)] for place in range(49)]
        app.text_area(key="text").set_value(" ".join([*words, str(number)]))
        start = time.perf_counter()
        app.run()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds[3:])
    return Line(
        "changed text of 50 tokens → finished Overview run",
        f"{median * 1000:.0f} ms",
        "≤ 150 ms",
        f"median of {len(seconds) - 3}, slowest {max(seconds[3:]) * 1000:.0f} ms, in Streamlit's test runner",
    )


def _server() -> list[Line]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(f"http://localhost:{port}/api/health")
            _visit(page, f"http://localhost:{port}/")
            first = time.perf_counter() - start
            for path in PAGES:
                page.goto(f"http://localhost:{port}/{path}")
                page.wait_for_selector("h1")
                page.wait_for_timeout(4000)
            megabytes = psutil.Process(process.pid).memory_info().rss / 1e6
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(20)
            browser.close()
    return [
        Line("server start → first finished page", f"{first:.1f} s", "≤ 6 s", "in headless Chromium, charts drawn"),
        Line("memory of the server after a visit to every page", f"{megabytes:.0f} MB", "≤ 600 MB", "resident"),
    ]


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    msg = f"no answer from {url}"
    raise TimeoutError(msg)


def _visit(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_function(_FINISHED)
