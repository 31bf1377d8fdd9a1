"""A checkpoint: tensors in mapped files, and the folder of small files beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from export.sources.broken import broken, shortened
from export.sources.folder import Folder
from export.sources.mapped import MappedFile
from export.sources.sentence_piece_tokenizer import sentence_piece_in
from export.sources.source import Blocks, TensorInfo
from export.sources.stored import StoredTensor

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"


@dataclass(slots=True, eq=False)
class Checkpoint:
    """A `Source` whose tensors lie as plain numbers in `files`; `folder` is None where nothing is beside them."""

    label: str
    stored: Mapping[str, StoredTensor]
    files: Sequence[MappedFile]
    folder: Folder | None = None
    words: Sequence[str] | None = None
    config: Mapping[str, Any] = field(init=False)
    tensors: Mapping[str, TensorInfo] = field(init=False)
    _tokenizer_json: bytes | None = field(init=False)

    def __post_init__(self) -> None:
        """Read config.json and tokenizer.json. Raises ModelFileError if one of them cannot be read."""
        self.tensors = {name: tensor.info for name, tensor in self.stored.items()}
        self.config = {} if self.folder is None else self.folder.json_object(CONFIG) or {}
        self._tokenizer_json = self.beside(TOKENIZER)

    @property
    def tokenizer_json(self) -> bytes | None:
        """The tokenizer.json beside the tensors, or that of the SentencePiece model there, made when it is wanted.

        Raises ModelFileError where that model is damaged, or the order of its pieces in the table is unknown here.
        """
        if self._tokenizer_json is not None or self.folder is None:
            return self._tokenizer_json
        return sentence_piece_in(self.folder, self.config)

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return a tensor or some of its rows; see `Source`."""
        tensor = self.stored.get(name)
        if tensor is None:
            some = ", ".join(map(shortened, list(self.stored)[:5]))
            raise broken(self.label, f"there is no tensor {shortened(name)!r} in it", f"choose one of {some} …")
        return tensor.read(rows)

    def read_blocks(self, name: str) -> Blocks | None:
        """Return None: no tensor here is stored in blocks."""
        del name
        return None

    def beside(self, name: str) -> bytes | None:
        """Return a small file of the same folder; see `Source`."""
        return None if self.folder is None else self.folder.small_file(name)

    def close(self) -> None:
        """Let the files go."""
        for file in self.files:
            file.close()
