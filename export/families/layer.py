"""A source → LayerSpec, by the family that its config.json names, or by what the reader names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from embedcore.errors import ModelFileError
from embedcore.tokens.tokenizer_json import read_tokenizer_json
from export.families.checkpoint import Checkpoint
from export.families.family import Building, Family, Heads, Positions
from export.families.make_rule import rule_of_family
from export.families.registry import absent, families
from export.families.unnamed import UnnamedTable
from export.families.words import tokenizer_of_words
from export.layer.spec import LayerSpec, Table, Weight
from export.sources.broken import broken
from export.sources.checkpoint import TOKENIZER
from export.sources.source import Source
from export.sources.tokenizer_file import is_tokenizer_file, tokenizer_file

_WORDS: Final = "words"  # the tokenizer of a bare table that has words
LONGEST: Final = 32_768  # places that a file has by default, where the model has more: their waves take memory
# Parts of a config.json that hold the text model's own, in models that read other things beside.
_INNER: Final = ("text_config", "llm_config", "language_config", "thinker_config", "decoder_config", "encoder")
_ALONE: Final = "The file holds the token table alone: the reader named it, and no family says what else there is."
_OF_WORDS: Final = "The table's words are its tokens, and a text is cut into words: no model follows the rows."


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader says: another context length, the table's name, no positions, no queries and keys."""

    context_length: int | None = None
    token_table: str = ""
    has_heads: bool = True
    tokenizer: str = ""
    license: str = ""


def layer_of(source: Source, options: Options = Options()) -> LayerSpec:
    """Return the input layer of a checkpoint. Tensors are read, the token table only when the file is written.

    Raises ModelFileError where the family is unknown, a tensor or a key is missing, or they do not belong together.
    """
    model_type, config = text_model(source.config)
    family = families().get(model_type)
    if family is None or options.token_table:
        return _bare(source, model_type, config, options)
    checkpoint = Checkpoint(source, model_type, config, family.prefixes)
    building = Building(checkpoint, family.table)
    placed = Positions() if family.positions is None else family.positions(building)
    building.adds_positions = placed.are_added
    steps = tuple(step for maker in family.steps if (step := maker(building)) is not None)
    heads = family.heads(building) if family.heads is not None and options.has_heads else None
    table = _table(source, checkpoint.info(*family.table).name)
    if family.more_rows and checkpoint.has(family.more_rows):
        table = joined(table, _table(source, checkpoint.info(family.more_rows).name))
    most = placed.context_length or _longest(checkpoint, family)
    context_length = _context_length(most, options)
    sizes = heads or Heads(1, 1, 0)
    if heads is None and "n_heads" in placed.parameters:
        sizes = building.head_sizes()
    width = table.stored_width
    for step in steps:
        width = step.width_after(width)
    tokenizer, tokenizer_json = _tokenizer(source, options, model_type, table.n_vocab)
    return LayerSpec(
        table=table,
        d_model=width,
        context_length=context_length,
        steps=steps,
        weights=building.weights,
        scheme=placed.scheme,
        parameters=placed.parameters,
        position_table=placed.table,
        query_steps=sizes.query_steps,
        key_steps=sizes.key_steps,
        n_heads=sizes.n_heads,
        n_kv_heads=sizes.n_kv_heads,
        head_dim=sizes.head_dim,
        rule=rule_of_family(building, family) if sizes.query_steps else None,
        tokenizer=tokenizer,
        tokenizer_json=tokenizer_json,
        license=options.license or _license(source.config),
        source=source.label,
        provenance={"model_type": model_type},
        remarks=tuple(remark for remark in (family.remark, placed.remark, family.why_no_heads) if remark),
    )


def text_model(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the model type and the config of the text model: config.json's own, or the one that lies inside."""
    model_type = config.get("model_type", "")
    known = families()
    for key in _INNER:
        inner = config.get(key)
        if isinstance(inner, Mapping) and (inner.get("model_type") in known or model_type not in known):
            inner_type, own = text_model(inner)
            if inner_type in known:
                # What names a special token may stand outside.
                named = {name: value for name, value in config.items() if name.endswith(("_token_id", "_token_index"))}
                return inner_type, {**named, **own}
    return (model_type if isinstance(model_type, str) else ""), config


def _bare(source: Source, model_type: str, config: Mapping[str, Any], options: Options) -> LayerSpec:
    """Return a table alone: that which the reader names, or the only one that there is."""
    names = [name for name, one in source.tensors.items() if len(one.shape) == 2]
    name = options.token_table or (names[0] if len(names) == 1 else "")
    if model_type in absent() and not options.token_table:
        msg = f"a {model_type} model has no row of a table for each token: {absent()[model_type]}"
        raise ModelFileError(f"{msg}: take another model, or name a table with --token-table")
    if name not in source.tensors:
        said = (
            f"the family {model_type!r} is unknown here" if model_type else "there is no config.json with a model_type"
        )
        # The output's matrix has as many rows as the table, and comes after it.
        by_rows = sorted(names, key=lambda one: (-source.tensors[one].shape[0], "head" in one or "output" in one))
        candidates = by_rows[:8]
        listed = ", ".join(f"{candidate} {list(source.tensors[candidate].shape)}" for candidate in candidates)
        fault = f"{said}, and {len(names)} tensors could be its table"
        raise UnnamedTable(fault, f"name one with --token-table, of {listed or 'none'}", candidates)
    table = _table(source, name)
    most = config.get("max_position_embeddings")
    tokenizer, tokenizer_json = _tokenizer(source, options, model_type, table.n_vocab)
    return LayerSpec(
        table=table,
        d_model=table.stored_width,
        context_length=_context_length(most if isinstance(most, int) and most > 0 else LONGEST, options),
        tokenizer=tokenizer,
        tokenizer_json=tokenizer_json,
        license=options.license,
        source=source.label,
        provenance={"table": name},
        remarks=(_OF_WORDS if tokenizer == _WORDS else _ALONE,),
    )


def _table(source: Source, name: str) -> Table:
    info = source.tensors[name]
    if len(info.shape) != 2:
        msg = f"the tensor {name} is {list(info.shape)}, and a token table has 2 axes: name another with --token-table"
        raise ModelFileError(msg)
    first = source.read_blocks(name) if info.dtype == "Q8_0" else None
    if first is not None:
        return Table.of(first)
    dtype = source.read(name, slice(0, 1)).dtype
    if dtype == np.float64:
        return Table(info.shape[0], info.shape[1], "float32", lambda rows: source.read(name, rows).astype(np.float32))
    return Table(info.shape[0], info.shape[1], dtype.name, lambda rows: source.read(name, rows))


def joined(first: Table, second: Table) -> Table:
    """Return two tables as one, the rows of `second` after those of `first`. Raises ModelFileError if widths differ."""
    if (first.stored_width, first.dtype) != (second.stored_width, second.dtype):
        msg = (
            f"the second table has rows of {second.stored_width} {second.dtype} and the first of {first.stored_width} "
            f"{first.dtype}: they must be equal, so fetch the file again"
        )
        raise ModelFileError(msg)

    def read(rows: slice) -> Weight:
        start, stop, _ = rows.indices(first.n_vocab + second.n_vocab)
        own = first.read(slice(min(start, first.n_vocab), min(stop, first.n_vocab)))
        others = second.read(slice(max(0, start - first.n_vocab), max(0, stop - first.n_vocab)))
        assert isinstance(own, np.ndarray)
        return np.concatenate((own, np.asarray(others)))

    return Table(first.n_vocab + second.n_vocab, first.stored_width, first.dtype, read)


def _longest(checkpoint: Checkpoint, family: Family) -> int:
    value = checkpoint.get(*family.context)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else LONGEST


def _context_length(most: int, options: Options) -> int:
    if options.context_length is None:
        return min(most, LONGEST)
    if not 1 <= options.context_length <= most:
        msg = f"--context-length is {options.context_length:,}, and the model has {most:,} places: choose 1 to {most:,}"
        raise ModelFileError(msg)
    return options.context_length


def _tokenizer(source: Source, options: Options, model_type: str, n_vocab: int) -> tuple[str, bytes | None]:
    """Return the tokenizer's name and its tokenizer.json: what the reader names, the model's own, or its words.

    Raises ModelFileError where what was made of another format has more tokens than the table has rows.
    """
    if options.tokenizer and not is_tokenizer_file(options.tokenizer):
        return options.tokenizer, None
    if options.tokenizer:
        content: bytes | None = tokenizer_file(Path(options.tokenizer), source.config)
    else:
        content = source.tokenizer_json
    if content is None:
        if source.words is not None and len(source.words) == n_vocab:
            return _WORDS, tokenizer_of_words(source.words)
        return model_type or "ids", None
    if source.beside(TOKENIZER) is None or options.tokenizer:
        _check_ids(content, source.label, n_vocab)
    return TOKENIZER, content


def _check_ids(content: bytes, label: str, n_vocab: int) -> None:
    n_tokens = read_tokenizer_json(content, label).n_vocab
    if n_tokens > n_vocab:
        fault = f"its tokenizer has {n_tokens:,} tokens, and its table {n_vocab:,} rows"
        raise broken(label, fault, "name the model's own tokenizer with --tokenizer")


def _license(config: Mapping[str, Any]) -> str:
    said = config.get("license", "")
    return said[:200] if isinstance(said, str) else ""
