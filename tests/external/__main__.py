"""`python -m tests.external`: run every kind of file in every runtime, and write the table of docs/runtimes.md."""

import json
import tempfile
from pathlib import Path

from tests.external import run_web
from tests.external.cases import case_folder, kinds
from tests.external.compared import compare
from tests.external.environments import ENVIRONMENTS, HERE, answer_of, run

DOCS = HERE.parents[1] / "docs" / "runtimes.md"
TITLES = {
    "oldest": "ONNX Runtime", "newest": "ONNX Runtime", "openvino": "OpenVINO", "node": "onnxruntime-node",
    "web": "onnxruntime-web",
}  # fmt: skip
BEGIN, END = "<!-- written by `make runtimes` -->\n", "<!-- end -->"


def main() -> None:
    """Measure, and write."""
    with tempfile.TemporaryDirectory() as base:
        folder = case_folder(Path(base))
        answers = {name: answer_of(name, folder) for name in ("oldest", "newest", "openvino")}
        answers["node"], answers["web"] = folder.parent / "node.json", folder.parent / "web.json"
        run("node", HERE / "run_node.mjs", folder, answers["node"], ENVIRONMENTS / "web")
        run_web.run(folder, answers["web"], ENVIRONMENTS / "web")
        table = _table(folder, answers)
    before, _, rest = DOCS.read_text().partition(BEGIN)
    DOCS.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}")


def _table(folder: Path, answers: dict[str, Path]) -> str:
    deviations = {name: compare(folder, answer) for name, answer in answers.items()}
    versions = {name: json.loads(answer.read_text())["version"] for name, answer in answers.items()}
    lines = ["| file | " + " | ".join(f"{TITLES[name]} {versions[name]}" for name in deviations) + " |"]
    lines.append("|---" * (1 + len(deviations)) + "|")
    for kind in kinds():
        cells = [max(each.error for each in results if each.kind == kind) for results in deviations.values()]
        lines.append(f"| `{kind}` | " + " | ".join(f"{cell:.1g}" for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
