"""Lines of PyTorch that several schemes share: the plain score, distances, a table, waves."""

from typing import Any

from pages.views.positions.snippets.case import Case, draw_numbers


def plain_scores(case: Case) -> list[str]:
    """Return the scores of queries and keys alone."""
    return [f"scores = q @ k.mT / {case.root}   # {case.scores}"]


def distances(case: Case) -> str:
    """Return the distance from each key to each query."""
    return f"distances = torch.arange({case.n})[:, None] - torch.arange({case.n})   # [{case.n}, {case.n}]: i - j"


def table(scheme: Any, n_rows: int, n_columns: int) -> str:
    """Return the scheme's `table`: the model's own, or the one that its seed draws."""
    if scheme.table is not None:
        return f'table = weights["position.table"].float()   # [{n_rows}, {n_columns}]'
    return (
        f"table = torch.from_numpy({draw_numbers(scheme.seed, n_rows, n_columns)})   # random parameters, not trained"
    )


def waves(positions: str, n: int, width: int, scheme: Any) -> list[str]:
    """Return the sine and cosine `waves` at `n` positions, with the scheme's base and in its layout."""
    both = "(angles.sin(), angles.cos())"
    layout = f"torch.cat({both}, 1)" if scheme.wave_layout == "halves" else f"torch.stack({both}, -1).flatten(1)"
    return [
        f"frequencies = {float(scheme.base)} ** (-torch.arange(0, {width}, 2).double() / {width})   # [{width // 2}]",
        f"angles = {positions}[:, None] * frequencies   # [{n}, {width // 2}]",
        f"waves = {layout}.float()   # [{n}, {width}]",
    ]
