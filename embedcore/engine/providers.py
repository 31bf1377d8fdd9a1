"""Where a model runs: CUDA or CPU, chosen by a pure function and reported with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from embedcore.errors import ProviderUnavailable

Provider = Literal["cpu", "cuda"]
ProviderRequest = Literal["auto", "cpu", "cuda"]

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"
REQUESTS: Final[tuple[ProviderRequest, ...]] = ("auto", "cpu", "cuda")

_NOT_BUILT_IN: Final = (
    "this ONNX Runtime has no CUDA provider: install requirements-gpu.txt in place of the onnxruntime package"
)
_NOT_STARTED: Final = (
    "ONNX Runtime lists CUDA but could not start it (driver, CUDA or cuDNN libraries missing, or no device)"
)


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What was asked for, what the build offers, what the session really runs on, and why."""

    requested: ProviderRequest
    available: tuple[str, ...]
    actual: Provider
    reason: str


def choose_providers(requested: str, available: Sequence[str]) -> tuple[str, ...]:
    """Return the ONNX Runtime providers to create a session with, best first.

    `requested` is "auto" (CUDA if it is there), "cpu" or "cuda"; `available` is what the build lists.
    Raises ProviderUnavailable if "cuda" is asked of a build without it, or the request is none of the three.

    >>> choose_providers("auto", ["CUDAExecutionProvider", "CPUExecutionProvider"])
    ('CUDAExecutionProvider', 'CPUExecutionProvider')
    """
    if requested not in REQUESTS:
        msg = f"provider {requested!r} is unknown; choose one of {', '.join(REQUESTS)}"
        raise ProviderUnavailable(msg)
    if requested == "cpu" or (requested == "auto" and CUDA not in available):
        return (CPU,)
    if CUDA not in available:
        msg = f"provider 'cuda' was asked for, but {_NOT_BUILT_IN}; or choose 'cpu' or 'auto'"
        raise ProviderUnavailable(msg)
    return (CUDA, CPU)


def report_providers(requested: ProviderRequest, available: Sequence[str], running: Sequence[str]) -> ProviderReport:
    """Return what a created session runs on; `running` is `session.get_providers()`, the only truth.

    Raises ProviderUnavailable if "cuda" was asked for and the session fell back to the CPU.
    """
    actual: Provider = "cuda" if CUDA in running else "cpu"
    if requested == "cuda" and actual == "cpu":
        msg = f"provider 'cuda' was asked for, but {_NOT_STARTED}; choose 'cpu' or 'auto'"
        raise ProviderUnavailable(msg)
    if requested == "cpu":
        reason = "the CPU was asked for"
    elif actual == "cuda":
        reason = "CUDA is there and started"
    else:
        reason = _NOT_STARTED if CUDA in available else _NOT_BUILT_IN
    return ProviderReport(requested, tuple(available), actual, reason)
