"""The few lines of PyTorch and of ONNX Runtime that give a page's numbers, ready to copy. A test runs them."""

from embedcore.runtime import Model


def load_torch(model: Model) -> str:
    """Return the lines that put the file's own weights into PyTorch modules."""
    lines = [
        "import onnx, torch",
        "from onnx import numpy_helper",
        "",
        f'graph = onnx.load("{model.name}.onnx").graph',
        "weights = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}",
        'token_embedding = torch.nn.Embedding.from_pretrained(weights["table"].float())',
    ]
    if model.metadata.position_scheme == "learned":
        lines.append('position_embedding = torch.nn.Embedding.from_pretrained(weights["position.table"].float())')
    return "\n".join(lines)


def lookup_torch(model: Model, token_ids: list[int]) -> str:
    """Return the lookup alone, in PyTorch."""
    return (
        f"{load_torch(model)}\n\ntoken_ids = torch.tensor([{_list(token_ids)}])\n"
        f"token_embeddings = token_embedding(token_ids)   # [1, {len(token_ids)}, {model.metadata.d_model}]"
    )


def sum_torch(model: Model, token_ids: list[int]) -> str:
    """Return lookup and addition, in PyTorch."""
    code = lookup_torch(model, token_ids)
    scheme, sequence, d_model = model.metadata.position_scheme, len(token_ids), model.metadata.d_model
    if scheme == "learned":
        code += f"\nposition_embeddings = position_embedding(torch.arange({sequence}))   # [{sequence}, {d_model}]"
    elif scheme == "sinusoidal":
        code += "\n" + _waves(sequence, d_model, model.metadata.position_parameters["base"])
    else:
        return code + "\ninput_embeddings = token_embeddings"
    return code + "\ninput_embeddings = token_embeddings + position_embeddings"


def sinusoidal_torch(n_positions: int, d_model: int, base: float) -> str:
    """Return sine and cosine positions, in PyTorch."""
    return "import torch\n\n" + _waves(n_positions, d_model, base)


def sinusoidal_runtime(n_positions: int, d_model: int, base: float) -> str:
    """Return sine and cosine positions from the generic graph, in ONNX Runtime."""
    return (
        "import numpy as np, onnxruntime\n\n"
        'session = onnxruntime.InferenceSession("embedcore/graphs/sinusoidal.onnx")\n'
        "position_embeddings = session.run(None, {\n"
        f'    "positions": np.arange({n_positions}, dtype=np.float64),\n'
        f'    "pairs": np.arange({d_model // 2}, dtype=np.float64),\n'
        f'    "base": np.array({base}, dtype=np.float64),\n'
        f"}})[0]   # [{n_positions}, {d_model}]"
    )


def runtime(model: Model, token_ids: list[int]) -> str:
    """Return the run of the file, in ONNX Runtime."""
    names = ["token_embeddings", "position_embeddings", "input_embeddings"]
    if model.metadata.position_scheme == "none":
        names.remove("position_embeddings")
    return (
        "import numpy as np, onnxruntime\n\n"
        f'session = onnxruntime.InferenceSession("{model.name}.onnx")\n'
        f"token_ids = np.array([[{', '.join(map(str, token_ids))}]])\n"
        f'{", ".join(names)} = session.run({names}, {{"token_ids": token_ids}})'
    )


def _waves(n_positions: int, d_model: int, base: float) -> str:
    return (
        f"angles = torch.arange({n_positions})[:, None] / {base} ** (torch.arange(0, {d_model}, 2).double() / {d_model})\n"
        f"position_embeddings = torch.stack((angles.sin(), angles.cos()), -1).flatten(1).float()   # [{n_positions}, {d_model}]"
    )


def _list(token_ids: list[int]) -> str:
    return "[" + ", ".join(map(str, token_ids)) + "]"
