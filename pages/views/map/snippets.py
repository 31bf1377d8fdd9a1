"""The lines of PyTorch and of ONNX Runtime that give a map's points, ready to copy. A test runs them.

`points` are the drawn ones, row by row of the page's table. A t-SNE or UMAP map comes out the same only from the same
versions of its library on the same kind of machine; the file of a finished map holds the drawn points themselves.
"""

import json
from collections.abc import Sequence

from embedcore.model.stages import STAGES
from embedcore.space.expressions import Expression
from pages.shared.neighbor_snippets import FromRows, row_sum, unpacked
from pages.shared.snippets import Lines, table_runtime, table_torch, with_imports
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import Space


def in_torch(request: MapRequest, axes: Sequence[Expression]) -> str:
    """Return the code of a map in PyTorch; `axes` are the expressions that the reader has chosen as axes."""
    space, recipe = request.space, request.recipe
    lines = _chosen(table_torch(space.model, is_sum=_is_sum(space)), space, "torch.from_numpy(token_ids)")
    if request.method.choice == "components":
        lines += [
            "centered = vectors - vectors.mean(0)",
            "values, columns = torch.linalg.eigh(centered.T @ centered)   # ascending",
            f"axes = columns.flip(1)[:, {list(recipe.components)}]",
            "largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))",
            f"points = centered @ (axes * largest.sign())   # {_shape(request)}; each axis's largest number is positive",
        ]
    elif request.method.choice == "axes":
        rows = "token_embedding.weight.detach().double()" if _is_sum(space) else "table"
        lines += [
            f"rows = {rows}",
            f"axes = torch.stack([{_directions(axes)}])",
            f"points = vectors @ (axes / axes.norm(dim=1, keepdim=True)).T   # {_shape(request)}",
        ]
    else:
        lines += _layout(request, "vectors.float().numpy()")
    return with_imports(lines)


def in_runtime(request: MapRequest, axes: Sequence[Expression]) -> str:
    """Return the same, with the vectors read through ONNX Runtime."""
    space, recipe = request.space, request.recipe
    lines = _chosen(table_runtime(space.model, is_sum=_is_sum(space)), space, "token_ids")
    if request.method.choice == "components":
        lines += [
            "centered = vectors - vectors.mean(0)",
            "values, columns = np.linalg.eigh(centered.T @ centered)   # ascending",
            f"axes = columns[:, ::-1][:, {list(recipe.components)}]",
            "largest = np.take_along_axis(axes, abs(axes).argmax(0)[None], 0)",
            f"points = centered @ (axes * np.sign(largest))   # {_shape(request)}; each axis's largest number is positive",
        ]
    elif request.method.choice == "axes":
        if _is_sum(space):
            ids = f"np.arange({space.model.metadata.n_vocab})[:, None]"
            lines.append(f'rows = session.run(["token_embeddings"], {{"token_ids": {ids}}})[0][:, 0].astype(float)')
        else:
            lines.append("rows = table")
        lines += [
            f"axes = np.stack([{_directions(axes)}])",
            f"points = vectors @ (axes / np.linalg.norm(axes, axis=1, keepdims=True)).T   # {_shape(request)}",
        ]
    else:
        lines += _layout(request, "vectors.astype(np.float32)")
    return with_imports(lines)


def from_file(request: MapRequest) -> str:
    """Return the lines that read the very points of a finished map out of its file."""
    name = json.dumps(request.finished.name, ensure_ascii=False)
    return (
        "import numpy as np\n\n"
        f"file = np.load({name})   # places on a raster of 16 bits\n"
        f'points = file["origin"] + file["unit"] * (file["steps"].T.astype(float) + 32_767)   # {_shape(request)}'
    )


def _chosen(lines: Lines, space: Space, index: str) -> Lines:
    """Return `lines` and the choice of the map's rows of `table`, as `vectors`."""
    if space.token_ids is None:
        return [*lines, "vectors = table"]
    n_vocab = space.model.metadata.n_vocab
    if space.part == "trained":
        return [*lines, *unpacked(space.model), "token_ids = np.flatnonzero(is_trained)", f"vectors = table[{index}]"]
    if len(space.token_ids) <= 64:
        ids = f"np.array({space.token_ids.tolist()})"
    else:
        packed = f'zlib.decompress(base64.b64decode("{space.packed}"))'
        ids = f"np.flatnonzero(np.unpackbits(np.frombuffer({packed}, np.uint8), count={n_vocab}))"
    return [*lines, f"token_ids = {ids}", f"vectors = table[{index}]"]


def _is_sum(space: Space) -> bool:
    return space.stage != STAGES[0]


def _directions(axes: Sequence[Expression]) -> str:
    return ", ".join(row_sum(FromRows([(term.weight, term.token_id) for term in axis.terms]), "rows") for axis in axes)


def _layout(request: MapRequest, vectors: str) -> Lines:
    recipe = request.recipe
    arguments = f'method="{recipe.method}", n_components={recipe.n_components}, seed={recipe.seed}'
    return [f"points = embedcore.project({vectors}, {arguments}).coordinates   # {_shape(request)}"]


def _shape(request: MapRequest) -> list[int]:
    return [len(request.space.ids), request.recipe.n_components]
