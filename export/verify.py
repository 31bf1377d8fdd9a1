"""`python -m export verify FILE`: the contract, and three-way parity on the saved file.

The same ids go through a float64 oracle written in numpy from the formulas, through torch with the file's own
weights, and through ONNX Runtime as the app runs it. Lookups must be bit-equal, sums within the contract's tolerance.
All checks run before anything is reported.
"""

import argparse
import re
from collections.abc import Iterator, Mapping
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
from embedcore.model_file import contract_breaches, parse_model, weights
from embedcore.runtime import Model, open_model
from export.oracle import oracle
from export.rebuild import EPSILON, SCALE, disagreements, rebuild

HELP: Final = "hold a saved model file to the contract and to two independent computations"
# An absolute path with two parts or more (a URL has none: its slashes follow slashes), or a line of a stack trace.
_TRACE: Final = re.compile(r"""(?:^|[\s"'=(:,\[])(?:/[\w.+-]+){2,}|\b[A-Za-z]:\\|File "|site-packages""")

Arrays = Mapping[str, np.ndarray]


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
        content = path.read_bytes()
    except OSError as error:
        return [Check("file", is_met=False, detail=f"{path.name} cannot be read: {error.strerror}")]
    try:
        proto = parse_model(content, path.name)
    except ModelFileError as error:
        return [Check("file", is_met=False, detail=str(error))]
    checks = [_is_well_formed(proto), _has_no_traces(proto)]
    try:
        breaches = contract_breaches(proto)
        metadata = ModelMetadata.from_props({prop.key: prop.value for prop in proto.metadata_props})
        stored = weights(proto)
    except (EmbedcoreError, ValueError, onnx.checker.ValidationError) as error:
        # A file without metadata, or with weights that are cut short or lie elsewhere: nothing more can be computed.
        breaches = [str(error)]
        return [*checks, *_each("contract", [*_format_only(proto), *breaches], "")]
    kept = f"version {contract.VERSION}, opset {contract.OPSET}, IR {proto.ir_version}, weights {metadata.weights_sha256}"
    unfit = disagreements(metadata, stored)
    checks += _each("contract", breaches, kept)
    checks.append(_has_order(proto, metadata))
    checks += _each("sizes", unfit, f"{metadata.n_vocab:,} × {metadata.d_model}, {metadata.context_length:,} positions")
    return checks + ([_untried("see sizes")] if unfit else _parity(path, metadata, stored))
