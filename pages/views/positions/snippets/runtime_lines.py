"""Lines of ONNX Runtime that several schemes share: a generic graph and its inputs, places, a table, waves."""

from collections.abc import Mapping
from typing import Any, Final

from pages.shared.downloads import graph_file
from pages.shared.snippets import file_name
from pages.views.positions.snippets.case import Case, draw_numbers

SIDES: Final = {"queries": "q", "keys": "k"}
PLACES: Final = {"query_positions": "positions", "key_positions": "positions"}
_WIDEST: Final = 100


def graph(name: str, inputs: Mapping[str, str]) -> list[str]:
    """Return what opens a generic graph and names its inputs, as many on a line as fit."""
    lines = [""]
    for key, code in inputs.items():
        item = f'"{key}": {code},'
        if len(lines[-1]) + len(item) > _WIDEST:
            lines.append("")
        lines[-1] += f" {item}" if lines[-1] else item
    if len(lines) == 1:
        named = ["inputs = {" + lines[0].removesuffix(",") + "}"]
    else:
        named = ["inputs = {", *(f"    {line}" for line in lines), "}"]
    return [f'graph = onnxruntime.InferenceSession("{graph_file(name)}")', *named]


def run_scores(case: Case) -> str:
    """Return what runs a graph whose output is the scores."""
    return f'scores = graph.run(["scores"], inputs)[0]   # {case.scores}'


def plain_scores(case: Case) -> list[str]:
    """Return the scores of queries and keys alone."""
    return [*graph("none", SIDES), run_scores(case)]


def places(case: Case, *, is_real: bool = False) -> str:
    """Return where the tokens stand; as real numbers for a graph that takes them."""
    return f"positions = np.arange({case.n}{'.0' * is_real})   # [{case.n}]"


def table(scheme: Any, case: Case, n_rows: int, n_columns: int) -> str:
    """Return the scheme's `table`: the model's own, or the one that its seed draws."""
    if scheme.table is None:
        return f"table = {draw_numbers(scheme.seed, n_rows, n_columns)}   # random parameters, not trained"
    stored = f'next(t for t in onnx.load({file_name(case.model)}).graph.initializer if t.name == "position.table")'
    return f"stored = {stored}\ntable = numpy_helper.to_array(stored).astype(np.float32)   # [{n_rows}, {n_columns}]"


def waves(width: int, scheme: Any) -> dict[str, str]:
    """Return the inputs of a graph of waves, with the scheme's base and in its layout."""
    is_halves = f"np.array({scheme.wave_layout == 'halves'})"
    return {"pairs": f"np.arange({width // 2})", "base": number(scheme.base), "is_halves": is_halves}


def number(value: bool | float | list[float]) -> str:
    """Return the code of a number, or of one for each pair."""
    if isinstance(value, bool):
        return f"np.array({value})"
    if isinstance(value, list):
        numbers = [float(one) for one in value]
        return f"np.full({len(numbers)}, {numbers[0]})" if len(set(numbers)) == 1 else f"np.array({numbers})"
    return f"np.array({float(value)})"
