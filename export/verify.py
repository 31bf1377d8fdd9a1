"""`python -m export verify FILE`: the contract, and three-way parity on the saved file.

The same ids go through a float64 oracle written in numpy from the formulas, through torch with the file's own
weights, and through ONNX Runtime as the app runs it. Lookups must be bit-equal, sums within the contract's tolerance.
All checks run before anything is reported.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import EmbedcoreError, ModelFileError, ParityError
from embedcore.model_file import contract_breaches, parse_model, weights
from embedcore.nn import InputLayer, Learned, NoPosition, Sinusoidal
from embedcore.runtime import open_model

HELP: Final = "hold a saved model file to the contract and to two independent computations"
_TABLE: Final = "table"
_POSITIONS: Final = "position.table"
_TOKEN_TYPE: Final = "token_type"
_NORM: Final = ("layer_norm.weight", "layer_norm.bias")

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was held to the file: what, whether it holds, and the finding in words."""

    name: str
    is_met: bool
    detail: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path)


def run(args: argparse.Namespace) -> int:
    """Print every check; 0 if all are met, else 1."""
    checks = verify(args.file)
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{'ok  ' if check.is_met else 'FAIL'}  {check.name:<{width}}  {check.detail}")
    return 0 if all(check.is_met for check in checks) else 1


def verify(path: Path) -> list[Check]:
    """Return every check of the file at `path`, met or not. A file that cannot be read gives one that is not."""
    try:
        proto = parse_model(path.read_bytes(), path.name)
    except (OSError, ModelFileError) as error:
        return [Check("file", is_met=False, detail=str(error))]
    breaches = contract_breaches(proto)
    checks = [Check("contract", is_met=False, detail=breach) for breach in breaches] or [
        Check("contract", is_met=True, detail=f"version {contract.VERSION}, opset {contract.OPSET}, weights hash")
    ]
    try:
        metadata = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
        stored = weights(proto)
        checks.append(_sizes(metadata, stored))
        checks += _parity(path, metadata, stored)
    except EmbedcoreError as error:
        checks.append(Check("parity", is_met=False, detail=f"could not be tried: {error}"))
    return checks


def require_parity(path: Path) -> None:
    """Raise ParityError, naming each unmet check, unless the file at `path` meets all."""
    unmet = [f"{check.name}: {check.detail}" for check in verify(path) if not check.is_met]
    if unmet:
        raise ParityError(f"{path.name} fails {len(unmet)} checks: " + "; ".join(unmet))


def _sizes(metadata: ModelMetadata, stored: Arrays) -> Check:
    expected = (metadata.n_vocab, metadata.d_model)
    found = stored[_TABLE].shape if _TABLE in stored else None
    detail = f"table {found}, metadata {expected}"
    return Check("sizes", found == expected, detail)


def _parity(path: Path, metadata: ModelMetadata, stored: Arrays) -> list[Check]:
    if _TABLE not in stored:
        msg = f"the file has no weights named {_TABLE!r}"
        raise ModelFileError(msg)
    model = open_model(path, provider="cpu")
    layer = _rebuild(metadata, stored)
    checks = []
    for batch, sequence in ((1, 1), (3, min(5, metadata.context_length)), (1, metadata.context_length)):
        ids = np.random.default_rng(sequence).integers(0, metadata.n_vocab, (batch, sequence))
        ids[0, 0], ids[-1, -1] = metadata.n_vocab - 1, 0
        with torch.no_grad():
            by_torch = {name: value.numpy() for name, value in layer(torch.from_numpy(ids)).items()}
        result = model.run(ids)
        by_runtime: Arrays = {
            contract.TOKEN_EMBEDDINGS: result.token_embeddings,
            contract.INPUT_EMBEDDINGS: result.input_embeddings,
            **result.extras,
        }
        if result.position_embeddings is not None:
            by_runtime[contract.POSITION_EMBEDDINGS] = result.position_embeddings
        by_formula = _oracle(metadata, stored, ids)
        for name, expected in by_formula.items():
            shape = f"[{batch}, {sequence}]"
            checks.append(_compare(f"{name} {shape} torch = oracle", by_torch[name], expected, metadata))
            checks.append(_compare(f"{name} {shape} ONNX Runtime = oracle", by_runtime[name], expected, metadata))
            checks.append(_compare(f"{name} {shape} ONNX Runtime = torch", by_runtime[name], by_torch[name], metadata))
    return checks


def _compare(name: str, found: np.ndarray, expected: np.ndarray, metadata: ModelMetadata) -> Check:
    is_lookup = name.startswith(contract.TOKEN_EMBEDDINGS) or (
        name.startswith(contract.POSITION_EMBEDDINGS) and metadata.position_scheme == "learned"
    )
    has_norm = "layer_norm_epsilon" in metadata.position_parameters
    rtol = contract.LAYER_NORM_RTOL if has_norm else contract.SUM_RTOL
    atol = contract.LAYER_NORM_ATOL if has_norm else contract.SUM_ATOL
    test: Callable[[], None]
    if is_lookup:
        rule = "bit for bit"
        test = lambda: np.testing.assert_array_equal(found, expected)  # noqa: E731
    else:
        rule = f"rtol {rtol:g}, atol {atol:g}"
        test = lambda: np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)  # noqa: E731
    try:
        test()
    except AssertionError as error:
        summary = " ".join(line.strip() for line in str(error).splitlines()[1:6])
        return Check(name, is_met=False, detail=f"{rule}: {summary}")
    largest = float(np.abs(found.astype(np.float64) - expected).max())
    return Check(name, is_met=True, detail=f"{rule}: largest difference {largest:.2g}")


def _rebuild(metadata: ModelMetadata, stored: Arrays) -> InputLayer:
    """Return the torch module that the file was exported from, with the file's own weights."""
    tensors = {name: torch.from_numpy(values.copy()) for name, values in stored.items()}
    parameters = metadata.position_parameters
    norm = None
    if "layer_norm_epsilon" in parameters:
        norm = nn.LayerNorm(metadata.d_model, eps=parameters["layer_norm_epsilon"])
        norm.weight.data, norm.bias.data = (tensors[name] for name in _NORM)
    scheme = {
        "none": NoPosition,
        "learned": lambda: Learned(tensors[_POSITIONS]),
        "sinusoidal": lambda: Sinusoidal(metadata.context_length, metadata.d_model, base=parameters["base"]),
    }[metadata.position_scheme]()
    return InputLayer(
        tensors[_TABLE],
        scheme,
        context_length=metadata.context_length,
        scale=parameters.get("embedding_scale"),
        token_type=tensors.get(_TOKEN_TYPE),
        layer_norm=norm,
    ).eval()


def _oracle(metadata: ModelMetadata, stored: Arrays, ids: np.ndarray) -> Arrays:
    """Return every output in float64, from the formulas alone."""
    parameters, sequence = metadata.position_parameters, ids.shape[1]
    rows = stored[_TABLE].astype(np.float64)[ids]
    outputs: Arrays = {contract.TOKEN_EMBEDDINGS: rows}
    total = rows * parameters.get("embedding_scale", 1.0)
    if metadata.position_scheme == "learned":
        outputs[contract.POSITION_EMBEDDINGS] = stored[_POSITIONS].astype(np.float64)[:sequence]
    elif metadata.position_scheme == "sinusoidal":
        outputs[contract.POSITION_EMBEDDINGS] = _waves(sequence, metadata.d_model, parameters["base"])
    if contract.POSITION_EMBEDDINGS in outputs:
        total = total + outputs[contract.POSITION_EMBEDDINGS]
    if _TOKEN_TYPE in stored:
        total = total + stored[_TOKEN_TYPE].astype(np.float64)
    if "layer_norm_epsilon" in parameters:
        weight, bias = (stored[name].astype(np.float64) for name in _NORM)
        centered = total - total.mean(axis=-1, keepdims=True)
        variance = (centered**2).mean(axis=-1, keepdims=True)
        total = centered / np.sqrt(variance + parameters["layer_norm_epsilon"]) * weight + bias
    return outputs | {contract.INPUT_EMBEDDINGS: total}


def _waves(n_positions: int, d_model: int, base: float) -> np.ndarray:
    """Return Vaswani et al. 2017, section 3.5, one column at a time."""
    positions = np.arange(n_positions, dtype=np.float64)
    waves = np.empty((n_positions, d_model))
    for i in range(d_model // 2):
        waves[:, 2 * i] = np.sin(positions / base ** (2 * i / d_model))
        waves[:, 2 * i + 1] = np.cos(positions / base ** (2 * i / d_model))
    return waves
