"""The few lines of PyTorch and of ONNX Runtime that give a page's numbers, ready to copy. A test runs them.

`batch` is token ids [batch][sequence], as nested lists.
"""

from embedcore import catalog, contract
from embedcore.runtime import Model

Batch = list[list[int]]
_MAX_TEXT = 200
_OF_TIKTOKEN = frozenset({"gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base"})


def load_torch(model: Model) -> str:
    """Return the lines that make the model's tables in PyTorch: drawn from the seed, or read from the file."""
    metadata = model.metadata
    if model.name == catalog.UNTRAINED and "seed" in metadata.provenance:
        return (
            "import torch\n\n"
            f"torch.manual_seed({metadata.provenance['seed']})\n"
            f"token_embedding = torch.nn.Embedding({metadata.n_vocab}, {metadata.d_model})\n"
            f"position_embedding = torch.nn.Embedding({metadata.context_length}, {metadata.d_model})"
        )
    lines = [
        "import onnx, torch",
        "from onnx import numpy_helper",
        "",
        f'graph = onnx.load("{model.name}.onnx").graph',
        "weights = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}",
        'token_embedding = torch.nn.Embedding.from_pretrained(weights["table"].float())',
    ]
    if metadata.position_scheme == "learned":
        lines.append('position_embedding = torch.nn.Embedding.from_pretrained(weights["position.table"].float())')
    return "\n".join(lines)


def lookup_torch(model: Model, batch: Batch) -> str:
    """Return the lookup alone, in PyTorch."""
    shape = [len(batch), len(batch[0]), model.metadata.d_model]
    return (
        f"{load_torch(model)}\n\ntoken_ids = torch.tensor({batch})\n"
        f"token_embeddings = token_embedding(token_ids)   # {shape}"
    )


def sum_torch(model: Model, batch: Batch) -> str:
    """Return lookup and addition, in PyTorch."""
    code = lookup_torch(model, batch)
    scheme, sequence, d_model = model.metadata.position_scheme, len(batch[0]), model.metadata.d_model
    if scheme == "learned":
        code += f"\nposition_embeddings = position_embedding(torch.arange({sequence}))   # {[sequence, d_model]}"
    elif scheme == "sinusoidal":
        code += "\n" + _waves(sequence, d_model, model.metadata.position_parameters["base"])
    else:
        return code + "\ninput_embeddings = token_embeddings"
    shape = [len(batch), sequence, d_model]
    return code + f"\ninput_embeddings = token_embeddings + position_embeddings   # {shape}"


def runtime(model: Model, batch: Batch) -> str:
    """Return the run of the file, in ONNX Runtime."""
    names = list(contract.output_axes(model.metadata))
    return (
        "import numpy as np, onnxruntime\n\n"
        f'session = onnxruntime.InferenceSession("{model.name}.onnx")\n'
        f"token_ids = np.array({batch})\n"
        f'{", ".join(names)} = session.run({names}, {{"token_ids": token_ids}})'
    )


def pca_torch(model: Model, n_components: int) -> str:
    """Return the map of the whole table, in PyTorch; each component's sign is free there."""
    return (
        f"{load_torch(model)}\n\n"
        "table = token_embedding.weight.detach().double()\n"
        "centered = table - table.mean(0)\n"
        "values, vectors = torch.linalg.eigh(centered.T @ centered)   # ascending\n"
        f"points = centered @ vectors.flip(1)[:, :{n_components}]   # {[model.metadata.n_vocab, n_components]}"
    )


def pca_runtime(model: Model, n_components: int) -> str:
    """Return the map of the whole table, read through ONNX Runtime."""
    return (
        "import numpy as np, onnxruntime\n\n"
        f'session = onnxruntime.InferenceSession("{model.name}.onnx")\n'
        f"token_ids = np.arange({model.metadata.n_vocab})[:, None]   # each a sequence of one token\n"
        'table = session.run(["token_embeddings"], {"token_ids": token_ids})[0][:, 0].astype(float)\n'
        "centered = table - table.mean(0)\n"
        "values, vectors = np.linalg.eigh(centered.T @ centered)   # ascending\n"
        f"points = centered @ vectors[:, ::-1][:, :{n_components}]   # {[model.metadata.n_vocab, n_components]}"
    )


def tiktoken(tokenizer: str, text: str) -> str:
    """Return how a text becomes ids, with tiktoken where it has the tokenizer; a long text is cut and says so."""
    shown = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT]
    note = "" if shown == text else f"   # the first {_MAX_TEXT} of {len(text):,} characters"
    if tokenizer in _OF_TIKTOKEN:
        return f"{_make(tokenizer)}\ntoken_ids = tokenizer.encode_ordinary({shown!r}){note}"
    return f"{_make(tokenizer)}\ntoken_ids = tokenizer.encode({shown!r}).token_ids{note}"


def tiktoken_decode(tokenizer: str, token_ids: list[int]) -> str:
    """Return which bytes given ids stand for, with tiktoken where it has the tokenizer; many ids are cut, and it says so."""
    shown = token_ids[:_MAX_TEXT]
    note = "" if len(shown) == len(token_ids) else f"   # the first {_MAX_TEXT} of {len(token_ids):,} ids"
    return f"{_make(tokenizer)}\ntoken_bytes = tokenizer.decode_bytes({shown}){note}"


def _make(tokenizer: str) -> str:
    if tokenizer in _OF_TIKTOKEN:
        return f'import tiktoken\n\ntokenizer = tiktoken.get_encoding("{tokenizer}")'
    return f'import embedcore\n\ntokenizer = embedcore.get_tokenizer("{tokenizer}")'


def _waves(n_positions: int, d_model: int, base: float) -> str:
    return (
        f"exponents = torch.arange(0, {d_model}, 2).double() / {d_model}\n"
        f"angles = torch.arange({n_positions})[:, None] / {base} ** exponents\n"
        f"position_embeddings = torch.stack((angles.sin(), angles.cos()), -1).flatten(1).float()   "
        f"# {[n_positions, d_model]}"
    )


def audit_torch(model: Model, unused: list[int]) -> str:
    """Return the indicators of every row, in PyTorch; those that need rows known to be unused only where there are."""
    lines = [
        f"{load_torch(model)}\n",
        "table = token_embedding.weight.detach().double()",
        "norm = table.norm(dim=1)",
        "distance = (table - table.mean(0)).norm(dim=1)",
    ]
    if unused:
        lines += [
            f"unused = {unused}",
            "norm_gap = (norm - norm[unused].mean()).abs()",
            "first = torch.linalg.eigh(torch.cov(table.T)).eigenvectors[:, -1]",
            "rest = table - torch.outer(table @ first, first)",
            "cosine = torch.cosine_similarity(rest, rest[unused].mean(0)[None])",
        ]
    return "\n".join(lines)


def audit_runtime(model: Model, unused: list[int]) -> str:
    """Return the same, with the table read through ONNX Runtime."""
    lines = [
        "import numpy as np, onnxruntime\n",
        f'session = onnxruntime.InferenceSession("{model.name}.onnx")',
        f"token_ids = np.arange({model.metadata.n_vocab})[:, None]   # each a sequence of one token",
        'table = session.run(["token_embeddings"], {"token_ids": token_ids})[0][:, 0].astype(float)',
        "norm = np.linalg.norm(table, axis=1)",
        "distance = np.linalg.norm(table - table.mean(0), axis=1)",
    ]
    if unused:
        lines += [
            f"unused = {unused}",
            "norm_gap = abs(norm - norm[unused].mean())",
            "first = np.linalg.eigh(np.cov(table.T)).eigenvectors[:, -1]",
            "rest = table - np.outer(table @ first, first)",
            "mean = rest[unused].mean(0)",
            "cosine = rest @ mean / (np.linalg.norm(rest, axis=1) * np.linalg.norm(mean))",
        ]
    return "\n".join(lines)
