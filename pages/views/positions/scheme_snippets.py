"""The few lines of PyTorch and of ONNX Runtime that give the scores of any positional scheme, ready to copy.

    Scheme, Model, token ids, Heads ─ Case ─▶ schemes/<scheme>.py: Code ─▶ snippets (loading, heads) ─▶ page

A test runs every one of them, and holds its `scores` to those of `embedcore.schemes`.
"""

from embedcore.model.model import Model
from embedcore.schemes import Heads, Scheme
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.snippets import runtime_frame, torch_frame
from pages.views.positions.snippets.case import Case


def pytorch(scheme: Scheme, model: Model, token_ids: list[int], heads: Heads) -> str:
    """Return the code whose `scores` [n_chosen, n, n] are `scheme.attend` of the token rows with themselves.

    It runs in a folder that holds the model's file. Raises ShapeError where `scheme.attend` would, or where the
    scheme's table is not the one in the model's file.
    """
    case = Case.of(scheme, model, token_ids, heads)
    return torch_frame.whole(scheme, case, PRESENTATIONS[scheme.name].pytorch(scheme, case))


def runtime(scheme: Scheme, model: Model, token_ids: list[int], heads: Heads) -> str:
    """Return the same through ONNX Runtime: the model's file, then the generic graphs.

    It runs in the root of the repository, beside the model's file. Raises ShapeError as `pytorch` does.
    """
    case = Case.of(scheme, model, token_ids, heads)
    return runtime_frame.whole(case, PRESENTATIONS[scheme.name].runtime(scheme, case))
