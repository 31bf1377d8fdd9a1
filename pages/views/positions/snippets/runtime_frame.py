"""What the ONNX Runtime code of every scheme shares: it runs the model's file, and cuts vectors into heads."""

from pages.shared.snippets import file_name, limits
from pages.views.positions.presentation import Code, Lines
from pages.views.positions.snippets.case import Case


def whole(case: Case, code: Code) -> str:
    """Return a scheme's code with all that it needs around it."""
    imports = ["import numpy as np, onnxruntime"]
    if any("numpy_helper" in line for line in code.scores):
        imports = ["import numpy as np, onnx, onnxruntime", "from onnx import numpy_helper"]
    blocks = ([*imports, *code.imports], [*_rows(case, code), *code.vectors, *_heads(case, code)], code.scores)
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _rows(case: Case, code: Code) -> Lines:
    read = f'rows = layer.run(["token_embeddings"], {{"token_ids": token_ids}})[0][0]   # [{case.n}, {case.d_model}]'
    return [
        f"layer = onnxruntime.InferenceSession({file_name(case.model)})   {limits(case.model)}",
        f"token_ids = np.array([{case.token_ids}])",
        *(code.rows or [read]),
    ]


def _heads(case: Case, code: Code) -> Lines:
    """Return what normalizes the vectors and cuts them into heads; an input layer has no W_q and W_k of its own."""
    vectors, lines = "vectors" if code.vectors else "rows", []
    if case.heads.is_normalized:
        lines += [
            f"centered = {vectors} - {vectors}.mean(1, dtype=np.float64, keepdims=True)   # layer norm, no gain, no bias",
            f"{vectors} = (centered / np.sqrt((centered**2).mean(1, keepdims=True) + 1e-5)).astype(np.float32)",
        ]
    cut = f"{vectors}.reshape({case.n}, {case.n_heads}, {case.head_dim}).transpose(1, 0, 2){case.chosen}"
    return [*lines, f"q = k = {cut}   # {case.split}: an input layer has no W_q, W_k"]
