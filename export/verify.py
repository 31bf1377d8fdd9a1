"""`python -m export verify FILE`: the contract, and three-way parity on the saved file.

The same ids go through a float64 oracle written in numpy from the formulas, through torch with the file's own
weights, and through ONNX Runtime as the app runs it. Lookups must be bit-equal, sums within the contract's tolerance.
All checks run before anything is reported.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from google.protobuf.message import Message

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import EmbedcoreError, ModelFileError, ParityError
from embedcore.files import read_file
from embedcore.graph_check import graph_breaches, has_external
from embedcore.model_file import contract_breaches, metadata_of, parse_model, weights
from embedcore.runtime import open_model
from export.oracle import oracle
from export.rebuild import EPSILON, SCALE, disagreements, rebuild

HELP: Final = "hold a saved model file to the contract and to two independent computations"
# An absolute path with two parts or more (a URL has none: its slashes follow slashes), or a line of a stack trace.
_TRACE: Final = re.compile(r"""(?:^|[\s"'=(:,\[])(?:/[\w.+-]+){2,}|\b[A-Za-z]:\\|File "|site-packages""")

_LONGEST: Final = 131_072  # tokens of the longest sequence that is compared: more say nothing new, and fill memory

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was held to the file: what, whether it holds, and the finding in words."""

    name: str
    is_met: bool
    detail: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Print every check as a table; 0 if all are met, else 1."""
    checks = verify(args.file)
    width = max(len(check.name) for check in checks)
    print(f"{'check':<{width}}  result  detail")
    for check in checks:
        print(f"{check.name:<{width}}  {'ok' if check.is_met else 'FAIL':<6}  {check.detail}")
    n_unmet = sum(not check.is_met for check in checks)
    print(f"{args.file.name}: " + (f"{n_unmet} of {len(checks)} checks fail" if n_unmet else f"all {len(checks)} hold"))
    return 1 if n_unmet else 0


def verify(path: Path) -> list[Check]:
    """Return every check of the file at `path`, met or not. A file that cannot be read gives one that is not."""
    try:
        proto = parse_model(read_file(path, most=contract.LARGEST_FILE), path.name)
    except FileNotFoundError:
        return [Check("file", is_met=False, detail=f"{path.name} cannot be read: there is no such file")]
    except ModelFileError as error:
        return [Check("file", is_met=False, detail=str(error))]
    checks = [_well_formed(proto), _traceless(proto)]
    checks += _each("contract", contract_breaches(proto)) or [
        Check("contract", is_met=True, detail=f"version {contract.VERSION}, opset {contract.OPSET}, weights hash")
    ]
    try:
        metadata = metadata_of(proto)
    except ModelFileError:  # it is among the breaches, and nothing more can be held to it
        return [*checks, _untried("the file does not say what it holds")]
    if graph_breaches(proto) or has_external(proto):
        return [*checks, _untried("the weights cannot be read")]
    stored = weights(proto)
    checks.append(_ordered(proto, metadata))
    unfit = disagreements(metadata, stored)
    checks += _each("sizes", unfit) or [
        Check("sizes", is_met=True, detail=f"table {list(stored['table'].shape)}, all weights as the metadata says")
    ]
    if unfit:
        return [*checks, _untried("the weights are not what the metadata says")]
    try:
        checks += _parity(path, metadata, stored)
    except EmbedcoreError as error:
        checks.append(_untried(str(error)))
    return checks


def require_parity(path: Path) -> None:
    """Raise ParityError, naming each unmet check, unless the file at `path` meets all."""
    unmet = [f"{check.name}: {check.detail}" for check in verify(path) if not check.is_met]
    if unmet:
        msg = f"{path.name} fails {len(unmet)} checks: " + "; ".join(unmet)
        raise ParityError(msg)


def _each(name: str, failures: Sequence[str]) -> list[Check]:
    return [Check(name, is_met=False, detail=failure) for failure in failures]


def _untried(reason: str) -> Check:
    return Check("parity", is_met=False, detail=f"could not be tried: {reason}")


def _well_formed(proto: onnx.ModelProto) -> Check:
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        return Check("graph", is_met=False, detail=f"onnx.checker: {' '.join(str(error).split())}")
    operators = ", ".join(sorted({node.op_type for node in proto.graph.node}))
    return Check("graph", is_met=True, detail=f"IR {proto.ir_version}, operators {operators}")


def _traceless(proto: onnx.ModelProto) -> Check:
    """Check that nothing in the file tells where or by whom it was made: no paths, no stack traces."""
    traces = sorted({text for text in _texts(proto) if _TRACE.search(text)})
    found = "; ".join(" ".join(text.split())[:80] for text in traces[:3])
    return Check("traces", not traces, found or "no paths, no stack traces")


def _texts(message: Message) -> Iterator[str]:
    """Yield every text in a protobuf message, at any depth; bytes (the weights) are left out."""
    for _, value in message.ListFields():
        if isinstance(value, str):
            yield value
        elif isinstance(value, Message):
            yield from _texts(value)
        elif not isinstance(value, bytes | int | float):
            for item in value:
                if isinstance(item, str):
                    yield item
                elif isinstance(item, Message):
                    yield from _texts(item)
                else:
                    break  # a list of numbers or bytes


def _ordered(proto: onnx.ModelProto, metadata: ModelMetadata) -> Check:
    scheme = contract.SCHEME_OUTPUTS[metadata.position_scheme]
    expected = [contract.TOKEN_EMBEDDINGS, *scheme, contract.INPUT_EMBEDDINGS]
    found = [value.name for value in proto.graph.output]
    detail = ", ".join(found)
    return Check("outputs", found == expected, detail if found == expected else f"{detail}; not {', '.join(expected)}")


def _parity(path: Path, metadata: ModelMetadata, stored: Arrays) -> list[Check]:
    model = open_model(path, provider="cpu")
    layer = rebuild(metadata, stored)
    checks = []
    longest = min(model.longest, _LONGEST)
    for batch, sequence in ((1, 1), (3, min(5, longest)), (1, longest)):
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
        for name, expected in oracle(metadata, stored, ids).items():
            label = f"{name} [{batch}, {sequence}]"
            tolerance = _tolerance(name, metadata)
            checks += [
                _compare(f"{label} torch = oracle", by_torch[name], expected, tolerance),
                _compare(f"{label} ONNX Runtime = oracle", by_runtime[name], expected, tolerance),
                _compare(f"{label} ONNX Runtime = torch", by_runtime[name], by_torch[name], tolerance),
            ]
    return checks


def _tolerance(name: str, metadata: ModelMetadata) -> tuple[float, float] | None:
    """Return rtol and atol for an output, or None where it must be equal bit for bit: a lookup."""
    if name == contract.TOKEN_EMBEDDINGS:
        return None
    if name != contract.INPUT_EMBEDDINGS and metadata.position_scheme in contract.LOOKUP_SCHEMES:
        return None
    parameters = metadata.position_parameters
    if name == contract.INPUT_EMBEDDINGS and EPSILON in parameters:
        return contract.LAYER_NORM_RTOL, contract.LAYER_NORM_ATOL
    # Scaled rows are larger, and a sum rounds by its largest term, which may cancel.
    return contract.SUM_RTOL, contract.SUM_ATOL * max(1.0, abs(parameters.get(SCALE, 1.0)))


def _compare(name: str, found: np.ndarray, expected: np.ndarray, tolerance: tuple[float, float] | None) -> Check:
    rule = "bit for bit" if tolerance is None else f"rtol {tolerance[0]:g}, atol {tolerance[1]:g}"
    try:
        if tolerance is None:
            np.testing.assert_array_equal(found, expected, strict=found.dtype == expected.dtype)
        else:
            np.testing.assert_allclose(found, expected, rtol=tolerance[0], atol=tolerance[1])
    except AssertionError as error:
        summary = " ".join(line.strip() for line in str(error).splitlines()[1:6])
        return Check(name, is_met=False, detail=f"{rule}: {summary}")
    largest = float(np.abs(found.astype(np.float64) - expected).max())
    return Check(name, is_met=True, detail=f"{rule}: largest difference {largest:.2g}")
