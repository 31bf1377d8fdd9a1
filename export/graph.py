"""Exports a torch module as an ONNX graph without a trace of this machine: the same module gives the same bytes."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import onnx
import torch
from torch import Tensor, nn
from torch.onnx._internal.exporter._registration import ONNXRegistry

from embedcore import contract
from embedcore.cache import replacing
from embedcore.errors import ModelFileError
from export.graph_parity import require_same
from export.portable import replace_cosines, separate_outputs

# torch makes its table of ONNX operators anew for every export, which takes a second each time; one is enough.
_OPERATORS: Final = staticmethod(cache(ONNXRegistry.from_torchlib))


def export_graph(
    module: nn.Module,
    examples: tuple[Tensor, ...],
    *,
    name: str,
    input_names: Sequence[str],
    output_names: Sequence[str],
    dynamic_shapes: Any,
) -> onnx.ModelProto:
    """Export `module` at the contract's opset and strip what torch notes of this machine.

    `dynamic_shapes` is torch.export's: for each example, axis → Dim. Raises ModelFileError if torch gives nothing.
    """
    with _quiet(), patch.object(ONNXRegistry, "from_torchlib", _OPERATORS):
        program = torch.onnx.export(
            module.eval(),
            examples,
            input_names=list(input_names),
            output_names=list(output_names),
            dynamic_shapes=dynamic_shapes,
            opset_version=contract.OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        msg = "torch.onnx.export returned no program"
        raise ModelFileError(msg)
    proto = program.model_proto
    replace_cosines(proto)
    separate_outputs(proto)
    _strip(proto, name)
    return proto


def write_graph(
    module: nn.Module,
    path: Path,
    *,
    inputs: Mapping[str, tuple[Tensor, tuple[str, ...]]],
    outputs: Sequence[str],
) -> None:
    """Export a generic graph to `path`: `inputs` are name → (example, names of its axes).

    An axis is "n", "2*n" for one twice as long, or "" for one of size 1. `outputs` name the module's results.
    """
    used = sorted({name for _, axes in inputs.values() for name in axes if name})
    plain = [name.removeprefix("2*") for name in used]
    dimensions = {name: torch.export.Dim(name, min=1) for name in plain}
    dimensions |= {name: 2 * dimensions[name.removeprefix("2*")] for name in used if name.startswith("2*")}
    proto = export_graph(
        module,
        tuple(example for example, _ in inputs.values()),
        name=path.stem,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes=tuple(
            {index: dimensions[axis] for index, axis in enumerate(axes) if axis} for _, axes in inputs.values()
        ),
    )
    onnx.checker.check_model(proto, full_check=True)
    with replacing(path) as new:
        new.write_bytes(proto.SerializeToString(deterministic=True))
        require_same(new, module, {name: example for name, (example, _) in inputs.items()})


def build_free_version(package: str) -> str:
    """Return a package's version without its build, "2.13.0" for "2.13.0+cpu": the build does not change the bytes."""
    return version(package).partition("+")[0]


def _strip(proto: onnx.ModelProto, name: str) -> None:
    """Remove what torch notes of this machine: stack traces, source paths, scopes, inner shapes, its own build."""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    del proto.graph.value_info[:]
    proto.doc_string = proto.graph.doc_string = ""
    proto.graph.name = name
    proto.producer_version = build_free_version("torch")
    for part in (*proto.graph.node, *proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    proto.ir_version = contract.IR_VERSION


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's and onnxscript's notes on their own passes away from our readers."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # torch 2.13 copies its own tree specifications, in a way that it warns of itself.
            warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)` is deprecated")
            # Two inputs of one axis share its name: that is what it is for.
            warnings.filterwarnings("ignore", message=r"# The axis name: .* will not be used")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
