"""The few lines of PyTorch and of ONNX Runtime that give the scores of any positional scheme, ready to copy.

    Scheme, Model, token ids, Heads ─ scheme_case ─▶ scheme_snippets_torch · scheme_snippets_runtime ─▶ page

A test runs every one of them, and holds its `scores` to those of `embedcore.schemes`.
"""

from pages.views.positions.scheme_snippets_runtime import runtime
from pages.views.positions.scheme_snippets_torch import pytorch

__all__ = ["pytorch", "runtime"]
