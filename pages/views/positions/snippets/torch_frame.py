"""What the PyTorch code of every scheme shares: it loads the tables, looks rows up, and cuts vectors into heads."""

from embedcore.schemes import Scheme
from embedcore.schemes.registry import SCHEMES
from pages.shared.snippets import load_torch
from pages.views.positions.presentation import Code, Lines
from pages.views.positions.snippets.case import Case


def whole(scheme: Scheme, case: Case, code: Code) -> str:
    """Return a scheme's code with all that it needs around it."""
    blocks = (_load(scheme, case), [*_rows(case), *code.vectors, *_heads(case, code)], code.scores)
    text = "\n\n".join("\n".join(lines) for lines in blocks)
    imports = [line for name, line in (("math.", "import math"), ("np.", "import numpy as np")) if name in text]
    return "\n".join([*imports, *code.imports, text])


def _load(scheme: Scheme, case: Case) -> Lines:
    """Return what loads the tables of the model's file: that of its places only for a scheme that is read from it."""
    lines = load_torch(case.model).splitlines()
    if SCHEMES[scheme.name].needs_model:
        return lines
    return [line for line in lines if not line.startswith("position_embedding ")]


def _rows(case: Case) -> Lines:
    return [
        f"token_ids = torch.tensor({case.token_ids})",
        f"rows = token_embedding(token_ids).detach()   # [{case.n}, {case.d_model}]",
    ]


def _heads(case: Case, code: Code) -> Lines:
    """Return what normalizes the vectors and cuts them into heads; an input layer has no W_q and W_k of its own."""
    vectors, lines = "vectors" if code.vectors else "rows", []
    if case.heads.is_normalized:
        lines.append(
            f"{vectors} = torch.nn.functional.layer_norm({vectors}, ({case.d_model},), eps=1e-5)   # no gain, no bias"
        )
    cut = f"{vectors}.view({case.n}, {case.n_heads}, {case.head_dim}).transpose(0, 1){case.chosen}"
    return [*lines, f"q = k = {cut}   # {case.split}: an input layer has no W_q, W_k"]
