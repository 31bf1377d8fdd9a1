"""Writes `docs/families.md`: every family of the registry, as its committed case is read.

Run `python -m tests.families.table` after a family was added or changed.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safetensors.numpy import load_file

from embedcore.layer.steps import KINDS, Step
from export.families.family import Family
from export.families.layer import layer_of, text_model
from export.families.registry import absent, families
from export.layer.spec import LayerSpec
from tests.families.array_source import ArraySource
from tests.families.committed import Case, cases

PATH: Final = Path(__file__).parents[2] / "docs" / "families.md"
_HEAD: Final = """# Families of models

`python -m export checkpoint` reads the input layer of these model types from their own files. What a type's `config.json`
leaves out has the default of transformers. This page is written from the registry by `python -m tests.families.table`.

In the second column stands what happens to the rows of the token table before block 1. "Tested" says how a family is held
to transformers {version}: a tiny model of the type with random weights was saved and run, and the exported file gives what
its block 1 received, bit for bit where rows are looked up, added and multiplied, and its queries and keys. Types in one row are
read alike; those without a model of their own are named.

| Model types | From a row to the input of block 1 | Positions | Queries and keys of block 1 | Tested |
|---|---|---|---|---|
"""
_ABSENT: Final = """
## Types without a family

A reader can still name a table with `--token-table`.

| Model type | Why |
|---|---|
"""
_SCHEMES: Final[Mapping[str, str]] = {
    "none": "none are added or turned",
    "learned": "learned vectors, added",
    "sinusoidal": "fixed waves, added",
    "alibi": "ALiBi",
    "t5": "numbers for buckets of distances (T5)",
}
_VERSION: Final = "5.24"


def page() -> str:
    """Return the page in Markdown."""
    shown = _examples()
    rows = sorted((_row(family, *shown[id(family)]) for family in _each() if id(family) in shown), key=str.lower)
    rows += sorted((_unseen(family) for family in _each() if id(family) not in shown), key=str.lower)
    reasons = [
        f"| {model_type} | {reason[0].upper()}{reason[1:]}. |" for model_type, reason in sorted(absent().items())
    ]
    return _HEAD.format(version=_VERSION) + "\n".join(rows) + "\n" + _ABSENT + "\n".join(reasons) + "\n"


def _each() -> list[Family]:
    return list({id(family): family for family in families().values()}.values())


def _examples() -> Mapping[int, tuple[LayerSpec, set[str]]]:
    """Return the layer of one case of each family, and the types that have cases, by the family's id."""
    layers: dict[int, LayerSpec] = {}
    types: dict[int, set[str]] = defaultdict(set)
    for one in cases():
        model_type, spec = _read(one)
        if spec is None:
            continue
        key = id(families()[model_type])
        types[key] |= {model_type, one.model_type}
        if key not in layers or one.name == one.model_type:
            layers[key] = spec
    return {key: (layers[key], types[key]) for key in layers}


def _read(one: Case) -> tuple[str, LayerSpec | None]:
    model_type, _ = text_model(one.config)
    if model_type not in families():
        return model_type, None
    with tempfile.TemporaryDirectory() as folder:
        one.write(Path(folder))
        return model_type, layer_of(ArraySource(one.config, load_file(Path(folder) / "model.safetensors")))


def _row(family: Family, spec: LayerSpec, tested: set[str]) -> str:
    steps = ", then ".join(map(_words, spec.steps)) or "the row as it is stored"
    heads = "yes" if spec.query_steps else family.why_no_heads or "no"
    untested = [each for each in family.types if each not in tested]
    how = "transformers" if not untested else f"transformers, but for {', '.join(untested)}"
    return _cells(", ".join(family.types), f"{steps}. {family.remark}".strip(), _positions(spec), heads, how)


def _words(step: Step) -> str:
    words = KINDS[step.kind].words
    return f"{words} ({step.title})" if step.title else words


def _unseen(family: Family) -> str:
    heads = "yes" if family.heads else family.why_no_heads or "no"
    return _cells(", ".join(family.types), family.remark or "—", "—", heads, "by its source: no tiny model was run")


def _positions(spec: LayerSpec) -> str:
    if spec.scheme != "rope":
        return _SCHEMES[spec.scheme]
    part = ", a part of each head" if spec.parameters.get("rotary_dim") else ""
    pairs = "neighbors" if spec.parameters["layout"] == "interleaved" else "halves"
    return f"rotary, pairs of {pairs}{part}"


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PATH.write_text(page())
