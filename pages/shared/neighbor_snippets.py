"""The lines of PyTorch and of ONNX Runtime that give the Neighbors page's numbers, ready to copy. A test runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedcore.metrics import Metric
from embedcore.runtime import Model
from embedcore.values import ByContent
from pages.shared import snippets

_UNPACK: Final = (
    'packed = zlib.decompress(base64.b64decode(provenance["trained_token_ids"]))',
    "is_trained = np.unpackbits(np.frombuffer(packed, np.uint8), count={n_vocab}).astype(bool)",
)


@dataclass(frozen=True, slots=True, eq=False)
class FromRows(ByContent):
    """A query that is a sum of rows: (weight, id) each."""

    terms: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True, eq=False)
class FromText(ByContent):
    """A query that is one vector of a text: the token's row, or its sum with the position."""

    batch: snippets.Batch
    index: int
    is_sum: bool


@dataclass(frozen=True, slots=True, eq=False)
class Asked(ByContent):
    """One answer of the page: its query, how many rows it lists, and which rows it leaves out."""

    model: Model
    query: FromRows | FromText
    k: int
    metric: Metric
    own: Sequence[int]
    is_trained_only: bool = False


def in_torch(asked: Asked) -> str:
    """Return the search in PyTorch: float64 scores of every row, `scores` and `token_ids` of the nearest."""
    model, query = asked.model, asked.query
    if isinstance(query, FromText):
        code = snippets.sum_torch(model, query.batch) if query.is_sum else snippets.lookup_torch(model, query.batch)
    else:
        code = snippets.load_torch(model)
    lines = [code, "", "table = token_embedding.weight.detach().double()"]
    if isinstance(query, FromText):
        lines.append(f"query = {_array(query)}[0, {query.index}].detach().double()")
    else:
        lines.append(f"query = {_sum(query)}")
    lines.append(
        {
            "cosine": "scores = torch.cosine_similarity(table, query[None])",
            "dot": "scores = table @ query",
            "euclidean": "scores = (table - query).norm(dim=1)",
        }[asked.metric]
    )
    worst = "torch.inf" if asked.metric == "euclidean" else "-torch.inf"
    if asked.own:
        lines.append(f"scores[{list(asked.own)}] = {worst}   # what was asked for is no answer")
    if asked.is_trained_only:
        lines = [
            "import base64, json, zlib",
            "import numpy as np",
            *lines,
            f'properties = {{p.key: p.value for p in onnx.load("{model.name}.onnx").metadata_props}}',
            'provenance = json.loads(properties["embedcore.provenance"])',
            *_unpack(model),
            f"scores[torch.from_numpy(~is_trained)] = {worst}",
        ]
    last = f"scores, token_ids = scores.topk({asked.k}{', largest=False' if asked.metric == 'euclidean' else ''})"
    return "\n".join([*lines, last])


def in_runtime(asked: Asked) -> str:
    """Return the same, with the vectors read through ONNX Runtime."""
    model, query = asked.model, asked.query
    lines = [
        "import numpy as np, onnxruntime",
        "",
        f'session = onnxruntime.InferenceSession("{model.name}.onnx")',
        f"token_ids = np.arange({model.metadata.n_vocab})[:, None]   # each a sequence of one token",
        'table = session.run(["token_embeddings"], {"token_ids": token_ids})[0][:, 0].astype(float)',
    ]
    if isinstance(query, FromText):
        lines += [
            f"token_ids = np.array({query.batch})",
            f'query = session.run(["{_array(query)}"], {{"token_ids": token_ids}})[0][0, {query.index}].astype(float)',
        ]
    else:
        lines.append(f"query = {_sum(query)}")
    lines.append(
        {
            "cosine": "scores = table @ query / (np.linalg.norm(table, axis=1) * np.linalg.norm(query))",
            "dot": "scores = table @ query",
            "euclidean": "scores = np.linalg.norm(table - query, axis=1)",
        }[asked.metric]
    )
    is_far = asked.metric == "euclidean"
    worst = "np.inf" if is_far else "-np.inf"
    if asked.own:
        lines.append(f"scores[{list(asked.own)}] = {worst}   # what was asked for is no answer")
    if asked.is_trained_only:
        lines = [
            "import base64, json, zlib",
            *lines,
            'provenance = json.loads(session.get_modelmeta().custom_metadata_map["embedcore.provenance"])',
            *_unpack(model),
            f"scores[~is_trained] = {worst}",
        ]
    lines.append(f'token_ids = np.argsort({"" if is_far else "-"}scores, kind="stable")[:{asked.k}]')
    return "\n".join([*lines, "scores = scores[token_ids]"])


def _array(query: FromText) -> str:
    return "input_embeddings" if query.is_sum else "token_embeddings"


def _sum(query: FromRows) -> str:
    """Return the sum of rows as code: `table[5] - 0.5 * table[7]`.

    >>> _sum(FromRows([(1.0, 5), (-0.5, 7)]))   →   'table[5] - 0.5 * table[7]'
    """
    parts: list[str] = []
    for weight, token_id in query.terms:
        sign = "-" if weight < 0 else "+"
        factor = "" if abs(weight) == 1 else f"{abs(weight)!r} * "
        parts.append(f"{sign} {factor}table[{token_id}]")
    return " ".join(parts).removeprefix("+ ")


def _unpack(model: Model) -> list[str]:
    return [line.format(n_vocab=model.metadata.n_vocab) for line in _UNPACK]
