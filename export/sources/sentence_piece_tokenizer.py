"""A SentencePiece model, and what lies beside it, as a tokenizer.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.sources.added_tokens import with_added_tokens
from export.sources.broken import broken
from export.sources.folder import Folder
from export.sources.piece_orders import has_order, in_order_of_table
from export.sources.scored_pairs import byte_pairs_by_score
from export.sources.sentence_piece import LARGEST, NAMES, sentence_piece_vocabulary
from export.sources.unigram import unigram
from export.sources.vocabulary import Vocabulary
from export.sources.vocabulary_json import vocabulary_json


def sentence_piece_in(folder: Folder, config: Mapping[str, Any]) -> bytes | None:
    """Return the tokenizer.json of the SentencePiece model in a checkpoint's folder, None where there is none.

    The ids are the rows of the table of the family that `config` names. Raises ModelFileError where the model is
    damaged, or this family's order of the rows is unknown here.
    """
    name = next((name for name in NAMES if folder.file(name).exists()), None)
    return None if name is None else _made(folder, name, str(config.get("model_type", "")), is_named=False)


def sentence_piece_at(path: Path, config: Mapping[str, Any]) -> bytes:
    """Return the tokenizer.json of the SentencePiece model at a path that the reader named.

    The ids are the file's own where the order of the family in `config` is unknown here. Raises ModelFileError where
    the model is damaged, or there is none.
    """
    return _made(Folder(path.parent), path.name, str(config.get("model_type", "")), is_named=True)


def _made(folder: Folder, name: str, model_type: str, *, is_named: bool) -> bytes:
    content = folder.small_file(name, LARGEST)
    if content is None:
        raise broken(name, "there is no such file", "check the path after --tokenizer")
    vocabulary = sentence_piece_vocabulary(content, name)
    said = folder.json_object("tokenizer_config.json") or {}
    if has_order(model_type, said) or not is_named:
        vocabulary = in_order_of_table(vocabulary, model_type, said)
    return pieces_json(with_added_tokens(vocabulary, said, folder.json_object("added_tokens.json") or {}))


def pieces_json(vocabulary: Vocabulary) -> bytes:
    """Return the tokenizer.json of a SentencePiece vocabulary, BPE or Unigram."""
    kind = byte_pairs_by_score if vocabulary.get("model") == "llama" else unigram
    return vocabulary_json(vocabulary, kind(vocabulary))
