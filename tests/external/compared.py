"""A runtime's answer beside what must come out: the largest error of each case."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np

from tests.external.cases import ArrayFile, Case, read_array


@dataclass(frozen=True)
class Deviation:
    """One case in one runtime: its largest difference, relative to values above 1, or why it does not run."""

    kind: str
    file: str
    error: float
    worst: str  # the run and the output of the largest difference
    fault: str


class Result(TypedDict):
    """What a runtime answers of a case: the outputs of each run by name, or its error."""

    runs: NotRequired[list[dict[str, ArrayFile]]]
    error: NotRequired[str]


def compare(folder: Path, answer: Path) -> list[Deviation]:
    """Return the deviation of every case of the folder's manifest in a runtime's answer."""
    cases: list[Case] = json.loads((folder / "manifest.json").read_text())
    results: list[Result] = json.loads(answer.read_text())["cases"]
    return [_deviation(folder, case, result) for case, result in zip(cases, results, strict=True)]


def _deviation(folder: Path, case: Case, result: Result) -> Deviation:
    what = case["kind"], case["file"]
    if "error" in result:
        return Deviation(*what, float("inf"), "", result["error"])
    error, worst = 0.0, ""
    for run, outputs in zip(case["runs"], result["runs"], strict=True):
        for name, expected in run["outputs"].items():
            difference = _difference(read_array(folder, expected), read_array(folder, outputs[name]))
            if not difference <= error:
                error, worst = difference, f"{run['name']}: {name}"
    return Deviation(*what, error, worst, "")


def _difference(expected: np.ndarray, actual: np.ndarray) -> float:
    if expected.shape != actual.shape:
        return float("inf")
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    return float((np.abs(actual - expected) / np.maximum(1, np.abs(expected))).max(initial=0))
