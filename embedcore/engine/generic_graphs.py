"""The generic graphs: tiny ONNX files whose parameters are inputs, so that one file serves every setting."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime

from embedcore.engine.providers import CPU
from embedcore.engine.sessions import open_session
from embedcore.engine.signature import Signature, signature_of
from embedcore.errors import ShapeError

GRAPHS: Final = Path(__file__).parent / "graphs"


def run_graph(name: str, **inputs: np.ndarray | float | int | bool) -> Mapping[str, np.ndarray]:
    """Run `graphs/NAME.onnx` on the CPU and return its outputs by name; inputs are converted to the graph's types.

    Raises ShapeError where the conversion would change a number: a fraction, NaN or a number too large for int64, a
    number too large for float32, any number for a bool. A float64 may be rounded to float32.
    """
    return _run(name, _session(name), inputs)


def run_graph_file(path: Path, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Run the graph at `path` on the CPU once, as `run_graph` runs those that are installed."""
    return _run(path.stem, open_session(path, (CPU,), has_arena=False), inputs)


def _run(
    name: str, session: onnxruntime.InferenceSession, inputs: Mapping[str, np.ndarray | float | int | bool]
) -> Mapping[str, np.ndarray]:
    feed: dict[str, np.ndarray] = {
        value.name: _cast(f"{name}.onnx's {value.name}", np.asarray(inputs[value.name]), _TYPES[value.type])
        for value in session.get_inputs()
    }
    names = [value.name for value in session.get_outputs()]
    # ONNX Runtime's int64 is C's long long: the same bits as numpy's, but not the same name.
    values = [value.view(np.int64) if value.dtype == np.int64 else value for value in session.run(names, feed)]
    return dict(zip(names, values, strict=True))


def _cast(what: str, array: np.ndarray, wanted: type[np.generic]) -> np.ndarray:
    """Return `array` in the type that is `wanted`. Raises ShapeError where its values do not fit; `what` names it."""
    target = np.dtype(wanted)
    if array.dtype == target:
        return array
    if array.dtype.kind not in "iuf" or target.kind not in "if":
        msg = f"{what} is {_first(array)} ({array.dtype}), but must be {_WORDS[target.name]}: give it as one"
        raise ShapeError(msg)
    with np.errstate(all="ignore"):  # what does not fit is refused below
        converted = array.astype(target)
        is_same = converted == array if target.kind == "i" else np.isfinite(converted) | ~np.isfinite(array)
        if target.kind == "i" and array.dtype.kind in "uf":
            is_same &= (array >= -(2**63)) & (array < 2**63)
        elif target.kind == "f" and array.dtype.kind in "iu":
            most = 2 ** (np.finfo(target).nmant + 1)
            is_same &= (array >= -most) & (array <= most)
    if not is_same.all():
        msg = f"{what} is {_first(array[~is_same])}, but must be {_WORDS[target.name]}: {_REMEDIES[target.kind]}"
        raise ShapeError(msg)
    return converted


def _first(array: np.ndarray) -> str:
    return f"{array.flat[0]!s:.60}" if array.size else "empty"


def open_graph(name: str, providers: tuple[str, ...], *, has_arena: bool) -> onnxruntime.InferenceSession:
    """Return a new session of `graphs/NAME.onnx` on `providers`, as `choose_providers` gives them.

    `has_arena`: memory of a run stays with the session for the next one, which saves half the time of a large run.
    """
    return open_session(GRAPHS / f"{name}.onnx", providers, has_arena=has_arena)


@cache
def graph_signature(name: str) -> tuple[Signature, int]:
    """Return what `graphs/NAME.onnx` takes and gives, and the size of the file in bytes."""
    path = GRAPHS / f"{name}.onnx"
    return signature_of(onnx.load(path)), path.stat().st_size


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    return open_graph(name, (CPU,), has_arena=False)  # scores of a long text would stay in memory for good


_WORDS: Final = {
    "int64": "a whole number from −2⁶³ to 2⁶³ − 1",
    "float16": "a number of float16, up to 65,504",
    "float32": "a number of float32, up to 3.4e38, whole ones up to 2²⁴",
    "float64": "a number of float64, whole ones up to 2⁵³",
    "bool": "true or false",
}
_REMEDIES: Final = {"i": "round it", "f": "choose a smaller one"}
_TYPES: Final = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}
