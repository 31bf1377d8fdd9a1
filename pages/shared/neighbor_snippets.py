"""The lines of PyTorch and of ONNX Runtime that give the Neighbors page's numbers, ready to copy. A test runs them."""

from collections.abc import Sequence
from dataclasses import dataclass

from embedcore.model.model import Model
from embedcore.space.metrics import Metric
from embedcore.values import ByContent
from pages.shared import snippets


@dataclass(frozen=True, slots=True, eq=False)
class FromRows(ByContent):
    """A query that is a sum of rows; each term is (weight, id)."""

    terms: Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True, eq=False)
class FromText(ByContent):
    """A query that is one vector of a text: the token's row, or its sum with the position."""

    batch: snippets.Batch
    index: int
    is_sum: bool


@dataclass(frozen=True, slots=True, eq=False)
class NeighborList(ByContent):
    """A list of the page: its query, how many rows it lists, and the rows that it leaves out."""

    model: Model
    query: FromRows | FromText
    k: int
    metric: Metric
    own: Sequence[int]
    is_trained_only: bool = False


def in_torch(neighbors: NeighborList) -> str:
    """Return the search in PyTorch: float64 scores of every row, `scores` and `token_ids` of the nearest."""
    model, query = neighbors.model, neighbors.query
    lines: list[str] = []
    if isinstance(query, FromText):
        code = snippets.sum_torch(model, query.batch) if query.is_sum else snippets.lookup_torch(model, query.batch)
        lines += [code, "", "table = token_embedding.weight.detach().double()"]
        lines.append(f"query = {_array(query)}[0, {query.index}].detach().double()")
    else:
        lines += [*snippets.table_torch(model), f"query = {row_sum(query)}"]
    lines += {
        "cosine": [
            "lengths = table.norm(dim=1) * query.norm()",
            "scores = torch.where(lengths > 0, table @ query / lengths, 0.0)   # a zero vector scores 0",
        ],
        "dot": ["scores = table @ query"],
        "euclidean": ["scores = (table - query).norm(dim=1)"],
    }[neighbors.metric]
    is_far = neighbors.metric == "euclidean"
    worst = "torch.inf" if is_far else "-torch.inf"
    if neighbors.own:
        lines.append(f"scores[{list(neighbors.own)}] = {worst}   # the query's own tokens are left out")
    if neighbors.is_trained_only:
        lines += [*unpacked(model), f"scores[torch.from_numpy(~is_trained)] = {worst}"]
    lines.append(
        f"scores, token_ids = scores.sort(descending={not is_far}, stable=True)   # among equal scores the lower id comes first"
    )
    return snippets.with_imports([*lines, f"scores, token_ids = scores[:{neighbors.k}], token_ids[:{neighbors.k}]"])


def in_runtime(neighbors: NeighborList) -> str:
    """Return the same, with the vectors read through ONNX Runtime."""
    model, query = neighbors.model, neighbors.query
    lines = snippets.table_runtime(model)
    if isinstance(query, FromText):
        lines += [
            f"token_ids = np.array({query.batch})",
            f'query = session.run(["{_array(query)}"], {{"token_ids": token_ids}})[0][0, {query.index}].astype(float)',
        ]
    else:
        lines.append(f"query = {row_sum(query)}")
    lines += {
        "cosine": [
            "lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(query)",
            "scores = np.divide(table @ query, lengths, out=np.zeros(len(table)), where=lengths > 0)   # a zero vector scores 0",
        ],
        "dot": ["scores = table @ query"],
        "euclidean": ["scores = np.linalg.norm(table - query, axis=1)"],
    }[neighbors.metric]
    is_far = neighbors.metric == "euclidean"
    worst = "np.inf" if is_far else "-np.inf"
    if neighbors.own:
        lines.append(f"scores[{list(neighbors.own)}] = {worst}   # the query's own tokens are left out")
    if neighbors.is_trained_only:
        lines += [*unpacked(model), f"scores[~is_trained] = {worst}"]
    lines.append(f'token_ids = np.argsort({"" if is_far else "-"}scores, kind="stable")[:{neighbors.k}]')
    return snippets.with_imports([*lines, "scores = scores[token_ids]"])


def row_sum(query: FromRows, table: str = "table") -> str:
    """Return the sum of rows as code: `table[5] - 0.5 * table[7]`.

    >>> row_sum(FromRows([(1.0, 5), (-0.5, 7)]))
    'table[5] - 0.5 * table[7]'
    """
    parts: list[str] = []
    for weight, token_id in query.terms:
        sign = "-" if weight < 0 else "+"
        factor = "" if abs(weight) == 1 else f"{abs(weight)!r} * "
        parts.append(f"{sign} {factor}{table}[{token_id}]")
    return " ".join(parts).removeprefix("+ ")


def unpacked(model: Model) -> list[str]:
    """Return the lines that read `is_trained` [n_vocab] out of what the model's file says of itself."""
    return [
        f"properties = {{p.key: p.value for p in onnx.load({snippets.file_name(model)}).metadata_props}}",
        'packed = json.loads(properties["embedcore.provenance"])["trained_token_ids"]',
        "bits = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)",
        f"is_trained = np.unpackbits(bits, count={model.metadata.n_vocab}).astype(bool)",
    ]


def _array(query: FromText) -> str:
    return "input_embeddings" if query.is_sum else "token_embeddings"
