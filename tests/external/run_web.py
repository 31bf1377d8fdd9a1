"""Every case of a folder in onnxruntime-web, on WebAssembly in Chromium."""

import base64
import functools
import http.server
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PAGE = """
<!doctype html><script type="module">
import * as ort from "/packages/ort.wasm.min.mjs";
import { runCases } from "/here/run_cases.mjs";
ort.env.wasm.numThreads = 1;
const read = async (file) => (await fetch(`/cases/${file}`)).arrayBuffer();
const write = async (file, bytes) => {
  let text = "";
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  await window.store(file, btoa(text));
};
window.done = runCases(ort, read, write, "web", { executionProviders: ["wasm"] }).then((cases) =>
  JSON.stringify({ version: ort.env.versions.web, cases }));
</script>
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, *args: Any, roots: Mapping[str, Path], **named: Any) -> None:
        self.roots = roots
        super().__init__(*args, **named)

    def translate_path(self, path: str) -> str:
        _, root, *rest = path.split("?")[0].split("/")
        return str(self.roots.get(root, Path("/nowhere")).joinpath(*rest))

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


def run(folder: Path, answer: Path, packages: Path) -> None:
    """Run the cases of `folder` and write the answer; `packages` holds node_modules."""
    roots = {"cases": folder, "here": HERE, "packages": packages / "node_modules" / "onnxruntime-web" / "dist"}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, roots=roots))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.expose_function("store", lambda file, text: (folder / file).write_bytes(base64.b64decode(text)) and None)
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.wait_for_function("window.done !== undefined")
        answer.write_text(page.evaluate("window.done"))
        browser.close()
    server.shutdown()
