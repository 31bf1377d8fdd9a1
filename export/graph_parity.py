"""Compare a generic graph's file with the module that it was exported from, before it takes a good file's place."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from embedcore import contract
from embedcore.engine.generic_graphs import run_graph_file
from embedcore.errors import ParityError


def require_same(path: Path, module: nn.Module, examples: Mapping[str, Tensor]) -> None:
    """Raise ParityError unless the graph at `path` gives what `module` gives for inputs like `examples`, by name.

    Their vectors and tables are drawn anew, so that no two are equal. Whole numbers and truths must be equal, other
    numbers within the contract's tolerance of a score.
    """
    generator = torch.Generator().manual_seed(0)
    examples = {
        name: torch.rand(example.shape, generator=generator).to(example.dtype)
        if example.is_floating_point() and example.ndim > 1
        else example
        for name, example in examples.items()
    }
    with torch.no_grad():
        result = module(*examples.values())
    expected = result if isinstance(result, tuple) else (result,)
    try:
        outputs = run_graph_file(path, {name: example.numpy() for name, example in examples.items()})
    except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
        msg = f"{path.name} cannot run ({error}): it is not written"
        raise ParityError(msg) from error
    if len(outputs) != len(expected):
        msg = f"{path.name} gives {len(outputs)} outputs, and its module {len(expected)}: it is not written"
        raise ParityError(msg)
    for (name, by_runtime), by_torch in zip(outputs.items(), expected, strict=True):
        is_real = by_torch.dtype.is_floating_point
        rtol, atol = (contract.SCORE_RTOL, contract.SCORE_ATOL) if is_real else (0, 0)
        try:
            np.testing.assert_allclose(by_runtime, by_torch.numpy(), rtol=rtol, atol=atol)
        except AssertionError as error:
            summary = " ".join(line.strip() for line in str(error).splitlines()[1:6])
            msg = f"{path.name} gives another {name} than torch ({summary}): it is not written"
            raise ParityError(msg) from error
