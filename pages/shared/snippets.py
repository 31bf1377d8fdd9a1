"""The few lines of PyTorch and of ONNX Runtime that give a page's numbers, ready to copy. A test runs them.

They run in a folder that holds the model's file. `batch` is token ids [batch][sequence], as nested lists.
"""

import json
from typing import Final

from embedcore import contract
from embedcore.layer.steps import input_steps, width_of_positions
from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.schemes.outputs import output_axes
from embedcore.schemes.registry import SCHEMES
from embedcore.schemes.waves import WAVE_LAYOUT
from embedcore.space.composition import is_scaled_sum
from embedcore.tokens.vocabularies import FILES
from pages.shared.step_snippets import step_lines, table_line

Batch = list[list[int]]
Lines = list[str]
LONGEST: Final = 2_000  # characters or ids; more are read from a file that the page offers beside the code
TEXT_FILE: Final = "text.txt"
IDS_FILE: Final = "token_ids.txt"


def file_name(model: Model) -> str:
    """Return the name of the model's file as code: it may be another than the model's own name."""
    return json.dumps(model.file_name, ensure_ascii=False)


def load_torch(model: Model) -> str:
    """Return the lines that make the model's tables in PyTorch: drawn from the seed, or read from the file."""
    metadata = model.metadata
    if model.name == catalog.UNTRAINED and "seed" in metadata.provenance:
        return (
            "import torch\n\n"
            f"torch.manual_seed({metadata.provenance['seed']})   # the page's file has these numbers within 1e-6\n"
            f"token_embedding = torch.nn.Embedding({metadata.n_vocab}, {metadata.d_model})\n"
            f"position_embedding = torch.nn.Embedding({metadata.context_length}, {metadata.d_model})"
        )
    lines = [
        "import onnx, torch",
        "from onnx import numpy_helper",
        "",
        f"graph = onnx.load({file_name(model)}).graph",
        "weights = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}",
        *table_line(model),
    ]
    if SCHEMES[metadata.position_scheme].needs_model:
        lines.append('position_embedding = torch.nn.Embedding.from_pretrained(weights["position.table"].float())')
    return "\n".join(lines)


def lookup_torch(model: Model, batch: Batch) -> str:
    """Return the lookup alone, in PyTorch."""
    shape = [len(batch), len(batch[0]), int(model.metadata.stored_width)]
    return (
        f"{load_torch(model)}\n\ntoken_ids = torch.tensor({batch})\n"
        f"token_embeddings = token_embedding(token_ids)   # {shape}"
    )


def sum_torch(model: Model, batch: Batch) -> str:
    """Return lookup and what the layer adds, in PyTorch."""
    return "\n".join([lookup_torch(model, batch), *_added(model, len(batch), len(batch[0]))])


def runtime(model: Model, batch: Batch) -> str:
    """Return the run of the file, in ONNX Runtime."""
    names = list(output_axes(model.metadata))
    return (
        "import numpy as np, onnxruntime\n\n"
        f"session = onnxruntime.InferenceSession({file_name(model)})   {limits(model)}\n"
        f"token_ids = np.array({batch})\n"
        f'{", ".join(names)} = session.run({names}, {{"token_ids": token_ids}})'
    )


def limits(model: Model) -> str:
    """Return, as a comment, what a raw file does not check: runtimes differ in what they make of a wrong id."""
    metadata = model.metadata
    return f"# ids 0…{metadata.n_vocab - 1}, at most {metadata.context_length} of them in a sequence: the file checks neither"


def table_torch(model: Model, *, is_sum: bool = False) -> Lines:
    """Return the lines that make `table`, float64: every row, or what enters block 1 for it at position 0."""
    if not is_sum:
        return [load_torch(model), "", "table = token_embedding.weight.detach().double()"]
    n_vocab = model.metadata.n_vocab
    return [
        load_torch(model),
        "",
        f"token_ids = torch.arange({n_vocab})[:, None]   # each id is a sequence of one token",
        "token_embeddings = token_embedding(token_ids)",
        *_added(model, n_vocab, 1),
        "table = input_embeddings[:, 0].detach().double()",
    ]


def table_runtime(model: Model, *, is_sum: bool = False) -> Lines:
    """Return the lines that read the same `table` through ONNX Runtime."""
    output = contract.INPUT_EMBEDDINGS if is_sum else contract.TOKEN_EMBEDDINGS
    return [
        "import numpy as np, onnxruntime",
        "",
        f"session = onnxruntime.InferenceSession({file_name(model)})   {limits(model)}",
        f"token_ids = np.arange({model.metadata.n_vocab})[:, None]   # each id is a sequence of one token",
        f'table = session.run(["{output}"], {{"token_ids": token_ids}})[0][:, 0].astype(float)',
    ]


def with_imports(lines: Lines) -> str:
    """Return the code, and before it the imports that it needs beside its own."""
    code = "\n".join(lines)
    wanted = {
        "import base64, json, zlib": "json." in code,
        "import base64, zlib": "base64." in code and "json." not in code,
        "import numpy as np": "np." in code and "import numpy as np" not in code,
        "import onnx": "onnx.load(" in code and "import onnx," not in code,
        "import embedcore": "embedcore.project(" in code,
    }
    return "\n".join([*(line for line, is_wanted in wanted.items() if is_wanted), code])


def _added(model: Model, n_sequences: int, sequence: int) -> Lines:
    """Return the lines that make `input_embeddings` of `token_embeddings`, as the model's file does."""
    metadata = model.metadata
    steps = input_steps(metadata)
    if metadata.contract_version > 1:
        end = step_lines(model, steps) or ["input_embeddings = token_embeddings"]
        return [*_positions(model, sequence), *end]
    parameters, d_model = metadata.position_parameters, metadata.d_model
    total = "token_embeddings"
    scale = parameters.get(contract.EMBEDDING_SCALE, 1.0)
    if scale != 1.0:
        total += f" * {scale!r}"
    lines = _positions(model, sequence)
    if lines:
        total += " + position_embeddings"
    epsilon = parameters.get(contract.LAYER_NORM_EPSILON)
    if epsilon is not None or _has_token_type(model, scale):
        total += ' + weights.get("token_type", torch.zeros(1))'
    lines.append(
        f"input_embeddings = {total}"
        + ("" if total == "token_embeddings" else f"   # {[n_sequences, sequence, d_model]}")
    )
    if epsilon is not None:
        norm = 'weights["layer_norm.weight"], weights["layer_norm.bias"]'
        lines.append(
            f"input_embeddings = torch.nn.functional.layer_norm(input_embeddings, ({d_model},), {norm}, {epsilon!r})"
        )
    return lines


def _has_token_type(model: Model, scale: float) -> bool:
    """Return whether the file adds another vector to scaled rows and positions; the metadata does not say."""
    layer = model.run([0])
    return not is_scaled_sum(layer.token_embeddings, layer.position_embeddings, layer.input_embeddings, scale=scale)


def tiktoken(tokenizer: str, text: str, *, allow_special: bool = False, own: Model | None = None) -> str:
    """Return how a text becomes ids, with tiktoken where it has the tokenizer; a long text is read from `TEXT_FILE`.

    `allow_special` reads names of special tokens as these tokens. `own` is the model in whose file the tokenizer lies.
    """
    written, read, make = repr(text), "", _make(tokenizer, own)
    if len(text) > LONGEST:
        make = f"from pathlib import Path\n{make}"
        written, read = "text", f'text = Path("{TEXT_FILE}").read_bytes().decode()\n'
    if tokenizer in FILES and allow_special:
        return f'{make}\n{read}token_ids = tokenizer.encode({written}, allowed_special="all")'
    if tokenizer in FILES:
        return f"{make}\n{read}token_ids = tokenizer.encode_ordinary({written})"
    special = ", allow_special=True" if allow_special else ""
    return f"{make}\n{read}token_ids = tokenizer.encode({written}{special}).token_ids"


def tiktoken_decode(tokenizer: str, token_ids: list[int], *, own: Model | None = None) -> str:
    """Return which bytes given ids stand for, with tiktoken where it has it; many ids are read from `IDS_FILE`."""
    written, make = str(token_ids), _make(tokenizer, own)
    if len(token_ids) > LONGEST:
        make = f"from pathlib import Path\n{make}"
        written = f'[int(token_id) for token_id in Path("{IDS_FILE}").read_text().split()]'
    return f"{make}\ntoken_bytes = tokenizer.decode_bytes({written})"


def _make(tokenizer: str, own: Model | None) -> str:
    if own is not None:
        return f"import embedcore\n\ntokenizer = embedcore.open_model({file_name(own)}).tokenizer"
    if tokenizer in FILES:
        return f'import tiktoken\n\ntokenizer = tiktoken.get_encoding("{tokenizer}")'
    return f'import embedcore\n\ntokenizer = embedcore.get_tokenizer("{tokenizer}")'


def _positions(model: Model, sequence: int) -> Lines:
    """Return the lines that make the `position_embeddings` that the file adds to the rows; none where it adds none.

    A table and waves are in the open. What another scheme adds is read from the file, which is run for it.
    """
    declared, d_model = SCHEMES[model.metadata.position_scheme], width_of_positions(model.metadata)
    if contract.POSITION_EMBEDDINGS not in declared.outputs:
        return []
    shape = [sequence, d_model]
    if declared.needs_model:
        return [f"position_embeddings = position_embedding(torch.arange({sequence}))   # {shape}"]
    if WAVE_LAYOUT in declared.parameters:
        parameters = model.metadata.position_parameters
        return [_waves(sequence, d_model, parameters["base"], parameters.get("wave_layout", "interleaved"))]
    return [
        "import onnxruntime",
        "",
        f"session = onnxruntime.InferenceSession({file_name(model)})   {limits(model)}",
        f'added = session.run(["{contract.POSITION_EMBEDDINGS}"], {{"token_ids": token_ids[:1].numpy()}})[0]',
        f"position_embeddings = torch.from_numpy(added)   # {shape}",
    ]


def _waves(n_positions: int, d_model: int, base: float, layout: str) -> str:
    both = "(angles.sin(), angles.cos())"
    waves = f"torch.cat({both}, 1)" if layout == "halves" else f"torch.stack({both}, -1).flatten(1)"
    return (
        f"exponents = torch.arange(0, {d_model}, 2).double() / {d_model}\n"
        f"angles = torch.arange({n_positions})[:, None] / {base} ** exponents\n"
        f"position_embeddings = {waves}.float()   # {[n_positions, d_model]}"
    )


def audit_torch(model: Model, unused: list[int], *, has_cosine: bool, is_output: bool = False) -> str:
    """Return the indicators of every row of the input table, or of the output table beside the file, in PyTorch.

    Those that need rows known to be unused are there only where there are some, and the cosine where it is defined.
    """
    if is_output:
        lines = ["import numpy as np, torch", "", f"table = torch.from_numpy(np.load({_output_name(model)})).double()"]
    else:
        lines = table_torch(model)
    lines += ["norm = table.norm(dim=1)", "distance = (table - table.mean(0)).norm(dim=1)"]
    if unused:
        lines += [f"unused = {unused}", "norm_gap = (norm - norm[unused].mean()).abs()"]
    if has_cosine:
        lines += [
            "first = torch.linalg.eigh(torch.cov(table.T)).eigenvectors[:, -1]",
            "rest = table - torch.outer(table @ first, first)",
            "mean, lengths = rest[unused].mean(0), rest.norm(dim=1)",
            "lengths[lengths <= 1e-12 * norm] = torch.inf   # only rounding is left: no direction, so cosine 0",
            "cosine = rest @ mean / (lengths * mean.norm())",
        ]
    return "\n".join(lines)


def audit_runtime(model: Model, unused: list[int], *, has_cosine: bool, is_output: bool = False) -> str:
    """Return the same, with the input table read through ONNX Runtime."""
    if is_output:
        lines = ["import numpy as np", "", f"table = np.load({_output_name(model)}).astype(float)"]
    else:
        lines = table_runtime(model)
    lines += ["norm = np.linalg.norm(table, axis=1)", "distance = np.linalg.norm(table - table.mean(0), axis=1)"]
    if unused:
        lines += [f"unused = {unused}", "norm_gap = abs(norm - norm[unused].mean())"]
    if has_cosine:
        lines += [
            "first = np.linalg.eigh(np.cov(table.T)).eigenvectors[:, -1]",
            "rest = table - np.outer(table @ first, first)",
            "mean, lengths = rest[unused].mean(0), np.linalg.norm(rest, axis=1)",
            "lengths[lengths <= 1e-12 * norm] = np.inf   # only rounding is left: no direction, so cosine 0",
            "cosine = rest @ mean / (lengths * np.linalg.norm(mean))",
        ]
    return "\n".join(lines)


def _output_name(model: Model) -> str:
    return json.dumps(model.output_file_name, ensure_ascii=False)
