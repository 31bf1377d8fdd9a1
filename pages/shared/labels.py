"""The labels of the choices: what a reader sees of an option. The address, the session and the code hold its id.

A translation changes the labels here and no id, so that a link means the same in every language.
"""

from collections.abc import Mapping
from typing import Final

_SEARCH: Final = {"text": "text", "bytes": "bytes", "regex": "regex", "id": "id"}
_METHOD: Final = {"PCA": "PCA", "t-SNE": "t-SNE", "UMAP": "UMAP", "own axes": "own axes"}
_STAGE: Final = {"token vectors": "token vectors", "sums at position 0": "sums at position 0"}
_WAVE_LAYOUT: Final = {"interleaved": "interleaved", "halves": "halves"}

# For each parameter that is a choice: id → label. Of whole numbers that are a list, those that have a label.
LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "write": {"text": "text", "token ids": "token ids"},
    "provider": {"auto": "auto", "cpu": "cpu", "cuda": "cuda"},
    "by": _SEARCH,
    "find_by": _SEARCH,
    "batches_of": {"my text": "my text", "a story": "a story"},
    "view": {
        "What is given": "What is given",
        "Scores": "Scores",
        "Distance": "Distance",
        "Rotation": "Rotation",
        "Word order": "Word order",
        "Whole table": "Whole table",
        "Formula and code": "Formula and code",
    },
    "shown": {"score": "score", "position's part": "positional part", "attention": "attention", "terms": "terms"},
    "part": {"position's part": "positional part", "score": "score"},
    "pair": {"-1": "all pairs"},
    "wave_layout": _WAVE_LAYOUT,
    "xl_wave_layout": _WAVE_LAYOUT,
    "layout": {"half": "half", "interleaved": "interleaved"},
    "method": _METHOD,
    "method2": _METHOD,
    "dimensions": {"2-D": "2-D", "3-D": "3-D"},
    "stage": _STAGE,
    "stage2": _STAGE,
    "rows": {"all": "all", "trained": "trained", "picked": "picked"},
    "color": {
        "script": "script",
        "norm": "norm",
        "id": "id",
        "trained": "trained",
        "audit": "audit",
        "category": "category",
        "cluster": "cluster",
        "first byte": "first byte",
        "length": "length",
        "trust": "trust",
        "kept neighbors": "kept neighbors",
        "change": "change",
        "none": "none",
    },
    "ask": {"a token": "a token", "this text": "this text", "an expression": "an expression"},
    "metric": {"cosine": "cosine", "dot": "dot", "euclidean": "euclidean"},
    "near_kind": {"token vector": "token vector", "input vector": "input vector"},
    "table": {"input": "input", "output": "output"},
    "indicator": {"norm": "norm", "distance": "distance", "cosine": "cosine", "norm gap": "norm gap"},
    "category": {
        "all": "all",
        "reachable": "reachable",
        "not alone": "not alone",
        "no text found": "no text found",
        "partial UTF-8": "partial UTF-8",
        "special": "special",
        "gap": "gap",
    },
}
# Choices among names, of models, tokenizers, schemes and their extensions: a name is the same in every language.
NAMES: Final = frozenset({"model", "model2", "left", "right", "more", "schemes", "scaling"})


def label(key: str, option: str) -> str:
    """Return what a reader sees of `option`, an id, in the control of the parameter `key`."""
    return LABELS.get(key, {}).get(option, option)
