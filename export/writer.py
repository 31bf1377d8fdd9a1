"""An InputLayer → one `.onnx` file that keeps the contract: the same layer gives the same bytes."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto
from torch import Tensor, nn

from embedcore import contract
from embedcore.cache import write_atomically
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.model_file import contract_breaches, weights
from embedcore.nn import InputLayer

_LARGEST = 1_500_000_000


def write_model(
    layer: InputLayer, path: Path, *, name: str, tokenizer: str, source: str, provenance: Mapping[str, Any]
) -> ModelMetadata:
    """Export `layer` to `path` and return what the file says of itself.

    `source` says in words where the weights come from; `provenance` is JSON. Raises ModelFileError if the weights
    are above 1.5 GB or the exported graph breaks the contract; nothing is written then.
    """
    n_bytes = sum(weight.numel() * weight.element_size() for weight in layer.parameters())
    if n_bytes > _LARGEST:
        msg = f"the weights are {n_bytes:,} bytes, but one file holds at most {_LARGEST:,}: export them as float16"
        raise ModelFileError(msg)
    proto = _export(layer.eval())
    n_vocab, d_model = layer.table.shape
    parameters = dict(layer.position.hyperparameters())
    if layer.layer_norm is not None:
        parameters["layer_norm_epsilon"] = layer.layer_norm.eps
    if layer.scale is not None:
        parameters["embedding_scale"] = layer.scale
    metadata = ModelMetadata(
        name=name,
        tokenizer=tokenizer,
        position_scheme=layer.position.name,
        position_parameters=parameters,
        n_vocab=n_vocab,
        d_model=d_model,
        context_length=layer.context_length,
        weights_dtype=str(layer.table.dtype).removeprefix("torch."),
        weights_sha256=contract.weights_digest(weights(proto)),
        source=source,
        exporter_versions=", ".join(f"{package} {_version(package)}" for package in ("torch", "onnx", "onnxscript")),
        provenance=provenance,
    )
    onnx.helper.set_model_props(proto, metadata.to_props())
    onnx.checker.check_model(proto, full_check=True)
    breaches = contract_breaches(proto)
    if breaches:
        msg = f"the export of {name} breaks the contract: " + "; ".join(breaches)
        raise ModelFileError(msg)
    write_atomically(path, proto.SerializeToString(deterministic=True))
    return metadata


def _export(layer: InputLayer) -> onnx.ModelProto:
    # Two rows of two tokens: sizes 0 and 1 would be taken for constants. A context of one token has no dynamic length.
    sequence = min(2, layer.context_length)
    example = torch.zeros((2, sequence), dtype=torch.int64)
    dimensions = {
        0: torch.export.Dim("batch", min=1),
        1: torch.export.Dim("sequence", min=1, max=max(2, layer.context_length)),
    }
    with _quiet():
        program = torch.onnx.export(
            layer,
            (example,),
            input_names=[contract.TOKEN_IDS],
            output_names=list(layer(example)),
            dynamic_shapes=(dimensions,),
            opset_version=contract.OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        msg = "torch.onnx.export returned no program"
        raise ModelFileError(msg)
    proto = program.model_proto
    _strip(proto, "input_layer")
    _check_complete(proto, layer)
    _name_axes(proto, layer)
    return proto


def write_graph(
    module: nn.Module,
    path: Path,
    *,
    inputs: Mapping[str, tuple[Tensor, tuple[str, ...]]],
    output: str,
) -> None:
    """Export a generic graph to `path`: `inputs` are name → (example, names of its axes), one `output`."""
    names = {name for _, axes in inputs.values() for name in axes}
    dimensions = {name: torch.export.Dim(name, min=1) for name in sorted(names)}
    shapes = tuple({index: dimensions[axis] for index, axis in enumerate(axes)} for _, axes in inputs.values())
    with _quiet():
        program = torch.onnx.export(
            module.eval(),
            tuple(example for example, _ in inputs.values()),
            input_names=list(inputs),
            output_names=[output],
            dynamic_shapes=shapes,
            opset_version=contract.OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        msg = "torch.onnx.export returned no program"
        raise ModelFileError(msg)
    proto = program.model_proto
    _strip(proto, path.stem)
    onnx.checker.check_model(proto, full_check=True)
    write_atomically(path, proto.SerializeToString(deterministic=True))


def _strip(proto: onnx.ModelProto, name: str) -> None:
    """Remove what torch notes of this machine: stack traces, source paths, scopes, inner shapes, its own build."""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    del proto.graph.value_info[:]
    proto.doc_string = proto.graph.doc_string = ""
    proto.graph.name = name
    proto.producer_version = _version("torch")
    for part in (*proto.graph.node, *proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    proto.ir_version = min(proto.ir_version, contract.MAX_IR_VERSION)


def _name_axes(proto: onnx.ModelProto, layer: InputLayer) -> None:
    """Write the contract's axes on every output: torch leaves expressions where it cannot tell."""
    named = {
        contract.TOKEN_EMBEDDINGS: ("batch", "sequence", layer.table.shape[1]),
        contract.INPUT_EMBEDDINGS: ("batch", "sequence", layer.table.shape[1]),
        contract.POSITION_EMBEDDINGS: ("sequence", layer.table.shape[1]),
    }
    for value in proto.graph.output:
        value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, TensorProto.FLOAT, named[value.name]))


def _check_complete(proto: onnx.ModelProto, layer: InputLayer) -> None:
    """Refuse a file that lost a weight: the exporter stores equal ones once, and none could be told by its name."""
    lost = sorted(layer.state_dict().keys() - {tensor.name for tensor in proto.graph.initializer})
    if lost:
        msg = (
            f"the exporter merged {', '.join(lost)} with weights of the same values, or left them out: "
            "change one number, or leave out a part that does nothing"
        )
        raise ModelFileError(msg)


def _version(package: str) -> str:
    """Return a package's version without its build, "2.13.0" for "2.13.0+cpu": the build does not change the bytes."""
    return version(package).partition("+")[0]


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
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
