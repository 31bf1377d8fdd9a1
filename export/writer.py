"""Writes an InputLayer as one `.onnx` file that keeps the contract; the same layer gives the same bytes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto

from embedcore import contract
from embedcore.cache import replacing
from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.model.file import contract_breaches, weights
from embedcore.nn import InputLayer
from embedcore.schemes.outputs import output_axes
from export.file_size import check_stored
from export.graph import build_free_version, export_graph
from export.verify import require_parity


def write_model(
    layer: InputLayer, path: Path, *, name: str, tokenizer: str, source: str, provenance: Mapping[str, Any]
) -> ModelMetadata:
    """Export `layer` to `path` and return the metadata of the file.

    `source` says in words where the weights come from; `provenance` is JSON. Raises ModelFileError if the layer
    stores above 1.5 GB or the exported graph breaks the contract, ParityError if the file fails `verify`; the
    file that was at `path` before then stays there.
    """
    check_stored(layer)
    proto = _export(layer.eval())
    n_vocab, d_model = layer.table.shape
    parameters = dict(layer.position.hyperparameters())
    if layer.layer_norm is not None:
        parameters[contract.LAYER_NORM_EPSILON] = layer.layer_norm.eps
    if layer.scale is not None:
        parameters[contract.EMBEDDING_SCALE] = layer.scale
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
        exporter_versions=", ".join(
            f"{package} {build_free_version(package)}" for package in ("torch", "onnx", "onnxscript")
        ),
        provenance=provenance,
    )
    if layer.head_dim is not None:
        metadata = replace(metadata, head_dim=layer.head_dim)
    _name_axes(proto, metadata)
    onnx.helper.set_model_props(proto, metadata.to_props())
    onnx.checker.check_model(proto, full_check=True)
    breaches = contract_breaches(proto)
    if breaches:
        msg = f"the export of {name} breaks the contract: " + "; ".join(breaches)
        raise ModelFileError(msg)
    with replacing(path) as new:
        new.write_bytes(proto.SerializeToString(deterministic=True))
        del proto  # `verify` reads the file as others will, and needs the memory
        require_parity(new)
    return metadata


def _export(layer: InputLayer) -> onnx.ModelProto:
    # The example has two rows of two tokens, because torch takes sizes of 0 and 1 for constants. With a context of one
    # token there is no dynamic length.
    sequence = min(2, layer.context_length)
    example = torch.zeros((2, sequence), dtype=torch.int64)
    dimensions = {
        0: torch.export.Dim("batch", min=1),
        1: torch.export.Dim("sequence", min=1, max=max(2, layer.context_length)),
    }
    proto = export_graph(
        layer,
        (example,),
        name="input_layer",
        input_names=[contract.TOKEN_IDS],
        output_names=list(layer(example)),
        dynamic_shapes=(dimensions,),
    )
    _check_complete(proto, layer)
    return proto


def _name_axes(proto: onnx.ModelProto, metadata: ModelMetadata) -> None:
    """Write the contract's axes on every output; torch leaves expressions where it does not know an axis."""
    named = output_axes(metadata)
    for value in proto.graph.output:
        value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, TensorProto.FLOAT, named[value.name]))


def _check_complete(proto: onnx.ModelProto, layer: InputLayer) -> None:
    """Raise ModelFileError if the file lost a weight: the exporter stores equal weights once, under one name."""
    lost = sorted(layer.state_dict().keys() - {tensor.name for tensor in proto.graph.initializer})
    if lost:
        msg = (
            f"the exporter merged {', '.join(lost)} with weights of the same values, or left them out: "
            "change one number, or leave out a part that does nothing"
        )
        raise ModelFileError(msg)
