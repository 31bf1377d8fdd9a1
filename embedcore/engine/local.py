"""LocalEngine: ONNX Runtime in this process, on CUDA or the CPU, made of the bytes of a file that was checked."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnxruntime
from jaxtyping import Int64

from embedcore import contract
from embedcore.engine.providers import ProviderRequest, choose_providers, report_providers
from embedcore.engine.sessions import open_session
from embedcore.errors import EmbedcoreError


class LocalEngine:
    """One ONNX Runtime session of a model, run so that on the CPU nothing of a run stays in memory."""

    def __init__(
        self,
        content: bytes,
        *,
        weights: Mapping[str, np.ndarray],
        axes: Mapping[str, tuple[contract.Axis, ...]],
        stored: Callable[[str], np.ndarray | None],
        provider: ProviderRequest = "auto",
    ) -> None:
        """Make a session of `content`, and of the `weights` that it leaves out, by name, which are used where they lie.

        `axes` are those of the outputs, as `schemes.outputs` gives them; `stored` reads a weight of the file.
        Raises ProviderUnavailable if CUDA is asked for and cannot be had, and what ONNX Runtime raises where it cannot
        load `content`.
        """
        available = onnxruntime.get_available_providers()
        session = open_session(content, choose_providers(provider, available), weights=weights)
        self.provider_report = report_providers(provider, available, session.get_providers())
        self._session: onnxruntime.InferenceSession | None = session
        self._axes = axes
        self._stored = stored

    def run(self, names: Sequence[str], token_ids: Int64[np.ndarray, "batch sequence"]) -> Mapping[str, np.ndarray]:
        """Return the outputs `names`. Raises what ONNX Runtime raises, and EmbedcoreError once it is closed."""
        session = self._session
        if session is None:
            msg = "this model was closed, and runs no more: open it again with embedcore.open_model"
            raise EmbedcoreError(msg)
        if self.provider_report.actual == "cpu":
            shapes = {name: contract.output_shape(self._axes[name], *token_ids.shape) for name in names}
            return _run_into_arrays(session, shapes, token_ids)
        values = session.run(list(names), {contract.TOKEN_IDS: token_ids})
        return dict(zip(names, values, strict=True))

    def stored(self, name: str) -> np.ndarray | None:
        """Return a weight, which is read from the file again because its bytes are not kept."""
        return self._stored(name)

    def close(self) -> None:
        """Let the session go; a run that is under way ends as it would."""
        self._session = None


def _run_into_arrays(
    session: onnxruntime.InferenceSession,
    shapes: Mapping[str, tuple[int, ...]],
    token_ids: Int64[np.ndarray, "batch sequence"],
) -> dict[str, np.ndarray]:
    """Run on the CPU and return the outputs of `shapes`, in new arrays; beside them, nothing of the run stays.

    ONNX Runtime's arena takes memory in large pieces, which makes a large run up to four times as fast, and by itself
    keeps the most that any run ever took. Here it gives back all but its first piece, which a small run should take.
    WARNING: it could not give back what an output lies in, so outputs lie in numpy's memory. Raises what ONNX Runtime
    raises; it holds each output to its shape.
    """
    outputs = {name: np.empty(shape, np.float32) for name, shape in shapes.items()}
    binding = session.io_binding()
    binding.bind_cpu_input(contract.TOKEN_IDS, token_ids)
    for name, values in outputs.items():
        binding.bind_output(name, "cpu", 0, np.float32, values.shape, values.ctypes.data)
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session.run_with_iobinding(binding, options)
    return outputs
