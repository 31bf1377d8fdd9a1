"""`python -m export verify FILE` holds a saved file to the contract and compares three computations of its outputs.

The same ids go through a float64 oracle written in numpy from the formulas, through torch with the file's own
weights, and through ONNX Runtime as the app runs it. Lookups must be equal bit for bit, and sums within the
contract's tolerance. All checks run before anything is reported. Where torch is not installed, which the export of a
checkpoint does not need, the oracle and ONNX Runtime are compared.
"""

import argparse
import math
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from google.protobuf.message import Message

from embedcore import contract
from embedcore.contract import ModelMetadata
from embedcore.errors import EmbedcoreError, ModelFileError, ParityError
from embedcore.files.plain import read_file
from embedcore.layer.steps import input_steps, key_steps, query_steps, weight_names
from embedcore.model.file import contract_breaches, metadata_of, parse_model, weights
from embedcore.model.graph_check import graph_breaches, has_external
from embedcore.model.graph_cost import longest_run
from embedcore.model.open import open_model
from embedcore.schemes.outputs import LOOKUP_SCHEMES, output_axes
from embedcore.schemes.registry import SCHEMES as DECLARED
from export.compared import Check, Pair
from export.oracle import oracle_rows
from export.oracles.registry import require_oracle

HELP: Final = "check a saved model file against the contract and two independent computations"
# An absolute path of two parts or more, or a line of a stack trace. A URL has no such path: its slashes follow slashes.
_TRACE: Final = re.compile(r"""(?:^|[\s"'=(:,\[])(?:/[\w.+-]+){2,}|\b[A-Za-z]:\\|File "|site-packages""")

# The run of the longest sequence that is compared takes, as `graph_cost` counts it, as much as one of 131,072 learned
# positions of width 256. torch runs it again beside one output, and the oracle follows in blocks: below 1 GB in all.
_LARGEST_RUN: Final = 410_000_000  # bytes
_LONGEST_STEPS: Final = 1_024  # tokens of a layer of steps, whose oracle computes a sequence as a whole
_LARGEST_BLOCK: Final = 1 << 19  # numbers of an output that are compared at once

Arrays = dict[str, np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Print every check as a table, and return 0 if all are met, else 1."""
    checks = verify(args.file)
    width = max(len(check.name) for check in checks)
    print(f"{'check':<{width}}  result  detail")
    for check in checks:
        print(f"{check.name:<{width}}  {'ok' if check.is_met else 'FAIL':<6}  {check.detail}")
    n_unmet = sum(not check.is_met for check in checks)
    print(f"{args.file.name}: " + (f"{n_unmet} of {len(checks)} checks fail" if n_unmet else f"all {len(checks)} hold"))
    return 1 if n_unmet else 0


def verify(path: Path) -> list[Check]:
    """Return every check of the file at `path`, met or not. A file that cannot be read has one, which is unmet."""
    try:
        proto = parse_model(read_file(path, most=contract.LARGEST_FILE), path.name)
    except FileNotFoundError:
        return [Check("file", is_met=False, detail=f"{path.name} cannot be read: there is no such file")]
    except ModelFileError as error:
        return [Check("file", is_met=False, detail=str(error))]
    checks = [_well_formed(proto), _traceless(proto)]
    breaches = contract_breaches(proto)
    checks += _each("contract", breaches)
    try:
        metadata = metadata_of(proto)
    except ModelFileError:  # it is among the breaches, and without metadata nothing more can be checked
        return [*checks, _untried("the file does not say what it holds")]
    if not breaches:
        version = metadata.contract_version
        detail = f"version {version}, opset {contract.OPSET}, weights hash"
        checks.append(Check("contract", is_met=True, detail=detail))
    if graph_breaches(proto) or has_external(proto):
        return [*checks, _untried("the weights cannot be read")]
    stored = _taken_out(proto)
    checks.append(_ordered(proto, metadata))
    unfit = [] if not _has_torch() else _disagreements(metadata, stored)
    checks += _each("sizes", unfit) or [
        Check(
            "sizes", is_met=True, detail=f"table {list(stored[contract.TABLE].shape)}, all weights as the metadata says"
        )
    ]
    if unfit:
        return [*checks, _untried("the weights are not what the metadata says")]
    try:
        checks += _parity(path, proto.graph, metadata, stored)
    except EmbedcoreError as error:
        checks.append(_untried(str(error)))
    return checks


def require_parity(path: Path) -> None:
    """Raise ParityError, naming each unmet check, unless the file at `path` meets all."""
    unmet = [f"{check.name}: {check.detail}" for check in verify(path) if not check.is_met]
    if unmet:
        msg = f"{path.name} fails {len(unmet)} checks: " + "; ".join(unmet)
        raise ParityError(msg)


def _taken_out(proto: onnx.ModelProto) -> Arrays:
    """Return a writable copy of the file's weights and take them out of `proto`, so that memory holds them once."""
    stored = {name: values.copy() for name, values in weights(proto).items()}
    for tensor in proto.graph.initializer:
        if tensor.name in stored:
            tensor.ClearField("raw_data")
    return stored


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
    """Check that the file holds no path and no stack trace, which would tell where or by whom it was made."""
    traces = sorted({text for text in _texts(proto) if _TRACE.search(text)})
    listed = "; ".join(" ".join(text.split())[:80] for text in traces[:3])
    return Check("traces", not traces, listed or "no paths, no stack traces")


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
    expected = list(output_axes(metadata))
    names = [value.name for value in proto.graph.output]
    detail = ", ".join(names)
    return Check("outputs", names == expected, detail if names == expected else f"{detail}; not {', '.join(expected)}")


def _parity(path: Path, graph: onnx.GraphProto, metadata: ModelMetadata, stored: Arrays) -> list[Check]:
    require_oracle(metadata.position_scheme)
    run_torch = _torch_run(metadata, stored) if _has_torch() else None
    for name in _computed(metadata, stored):
        stored.pop(name)  # the oracle computes these, and what torch computed stands in its layer
    model = open_model(path, provider="cpu")
    longest = min(model.longest, longest_run(graph, metadata, most=_LARGEST_RUN))
    if metadata.contract_version > 1:
        longest = min(longest, _LONGEST_STEPS)
    checks = []
    for batch, sequence in ((1, 1), (3, min(5, longest)), (1, longest)):
        ids = np.random.default_rng(sequence).integers(0, metadata.n_vocab, (batch, sequence))
        ids[0, 0], ids[-1, -1] = metadata.n_vocab - 1, 0
        for name in output_axes(metadata):  # one by one, because all at once would take as much memory again
            by_torch = None if run_torch is None else run_torch(name, ids)
            by_runtime = model.run_output(name, ids)
            checks += _compared(f"{name} [{batch}, {sequence}]", name, ids, metadata, stored, by_torch, by_runtime)
            del by_runtime, by_torch  # before those of the next output are made
    return checks


def _has_torch() -> bool:
    try:
        return find_spec("torch") is not None
    except ImportError:
        return False


def _disagreements(metadata: ModelMetadata, stored: Arrays) -> list[str]:
    from export.rebuild import disagreements

    return disagreements(metadata, stored)


def _torch_run(metadata: ModelMetadata, stored: Arrays) -> Callable[[str, np.ndarray], np.ndarray]:
    """Return what runs the torch layer of the file's own weights: an output's name and ids → the output."""
    import torch

    from export.rebuild import rebuild

    layer = rebuild(metadata, stored)

    def run(name: str, ids: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            values: np.ndarray = layer(torch.from_numpy(ids))[name].numpy()
        return values

    return run


def _computed(metadata: ModelMetadata, stored: Arrays) -> list[str]:
    """Return the names of what the file stores of its positions and the oracle computes from the formula."""
    if DECLARED[metadata.position_scheme].table:
        return []
    return [name for name in stored if name.startswith(contract.POSITION_PREFIX) and name not in weight_names(metadata)]


def _compared(
    label: str,
    name: str,
    ids: np.ndarray,
    metadata: ModelMetadata,
    stored: Arrays,
    by_torch: np.ndarray | None,
    by_runtime: np.ndarray,
) -> list[Check]:
    tolerance = _tolerance(name, metadata)
    words = ("ONNX Runtime = oracle", "torch = oracle", "ONNX Runtime = torch")
    pairs = [Pair(f"{label} {word}", tolerance) for word in words[: 1 if by_torch is None else 3]]
    for rows in _blocks(by_runtime.shape):
        expected = oracle_rows(metadata, stored, ids, name, rows)
        pairs[0].compare(by_runtime[..., rows, :], expected)
        if by_torch is not None:
            pairs[1].compare(by_torch[..., rows, :], expected)
            pairs[2].compare(by_runtime[..., rows, :], by_torch[..., rows, :])
    reach = f"up to {ids.shape[1]:,} of {metadata.context_length:,} tokens"
    return [pair.check(reach) for pair in pairs]


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield the rows of an output (its last axis but one) in blocks that take little memory."""
    n_rows = shape[-2]
    size = max(1, _LARGEST_BLOCK // max(1, math.prod(shape) // n_rows))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def _tolerance(name: str, metadata: ModelMetadata) -> tuple[float, float] | None:
    """Return rtol and atol for an output, or None for a lookup, which must be equal bit for bit."""
    if name == contract.TOKEN_EMBEDDINGS:
        return None
    steps = {
        contract.INPUT_EMBEDDINGS: input_steps(metadata),
        contract.QUERIES: query_steps(metadata),
        contract.KEYS: key_steps(metadata),
    }
    kinds = {step.kind for step in steps.get(name, ())}
    if name in (contract.QUERIES, contract.KEYS) or "projection" in kinds:
        return contract.PROJECTION_TOLERANCE, contract.PROJECTION_TOLERANCE
    if kinds & {"layer_norm", "rms_norm"}:
        return contract.LAYER_NORM_RTOL, contract.LAYER_NORM_ATOL
    factors = [step.numbers["factor"] for step in steps.get(name, ()) if step.kind == "scale"]
    if kinds:
        return contract.SUM_RTOL, contract.SUM_ATOL * max(1.0, *map(abs, factors), 1.0)
    if name != contract.INPUT_EMBEDDINGS and metadata.position_scheme in LOOKUP_SCHEMES:
        return None
    parameters = metadata.position_parameters
    if name == contract.INPUT_EMBEDDINGS and contract.LAYER_NORM_EPSILON in parameters:
        return contract.LAYER_NORM_RTOL, contract.LAYER_NORM_ATOL
    # A sum rounds by its largest term, which another may cancel; scaling makes the terms larger.
    return contract.SUM_RTOL, contract.SUM_ATOL * max(1.0, abs(parameters.get(contract.EMBEDDING_SCALE, 1.0)))
