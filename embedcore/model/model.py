"""Model: what an input layer says of itself, and the engine that runs it; token ids → InputLayer."""

import math
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, Int64

from embedcore import contract
from embedcore.checks.token_ids import as_id_array
from embedcore.contract import ModelMetadata
from embedcore.engine.engine import Engine
from embedcore.engine.providers import Provider, ProviderReport
from embedcore.errors import EmbedcoreError, ModelFileError, SequenceTooLong, ShapeError, UnknownTokenId
from embedcore.files.state import FileState, file_state
from embedcore.layer.steps import width_of_positions
from embedcore.model.file import ModelFile
from embedcore.model.output_table import output_table_path, read_output_table
from embedcore.model.step_weights import stored_weights
from embedcore.model.whole_table import rows_in_parts, whole_table
from embedcore.schemes.outputs import output_axes
from embedcore.tokens.packed import unpacked
from embedcore.tokens.tokenizer import Tokenizer, get_tokenizer, tokenizer_from_json
from embedcore.values import ByContent

_LARGEST_BIAS: Final = 1_000_000_000  # bytes of an attention_bias, which grows with the square of the sequence


@dataclass(frozen=True, slots=True, eq=False)
class InputLayer(ByContent):
    """What the input layer makes of a batch of token ids: every array that the file gives, and the time it took.

    Two are equal if their arrays are, whatever the time.
    """

    token_ids: Int64[np.ndarray, "batch sequence"]
    token_embeddings: Float32[np.ndarray, "batch sequence stored_width"]
    position_embeddings: Float32[np.ndarray, "sequence position_width"] | None
    input_embeddings: Float32[np.ndarray, "batch sequence d_model"]
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    seconds: float = field(default=0.0, compare=False)


class Model:
    """An input layer that can be run: its metadata, the sha256 of its file, and an engine; shared between threads.

    `source` is the file that it was opened from, None where the engine runs a file that lies elsewhere; `address`, by
    which `open_model` opens it again there; `held_table`, an array that the engine holds anyway: where it is the table,
    bit for bit, there is no second one.
    """

    def __init__(
        self,
        metadata: ModelMetadata,
        sha256: str,
        engine: Engine,
        *,
        source: ModelFile | None = None,
        address: str = "",
        held_table: np.ndarray | None = None,
    ) -> None:
        self._held_table = held_table
        self._table: weakref.ref[np.ndarray] | None = None
        self._positions: weakref.ref[np.ndarray] | None = None
        self._output_table: tuple[FileState | None, np.ndarray | None] = (None, None)
        self._axes = output_axes(metadata)
        self.metadata = metadata
        self.sha256 = sha256
        self.engine = engine
        self.source = source
        self._address = address

    @property
    def name(self) -> str:
        """The model's own name, from its metadata."""
        return self.metadata.name

    @property
    def file(self) -> ModelFile:
        """The file that the model was opened from. Raises ModelFileError if it was opened from none."""
        if self.source is None:
            msg = f"{self.name} was not opened from a file here: open it by the path of its .onnx file"
            raise ModelFileError(msg)
        return self.source

    @property
    def file_name(self) -> str:
        """The name of the model's file, as messages and copied code name it."""
        return f"{self.name}.onnx" if self.source is None else self.source.path.name

    @property
    def reference(self) -> str:
        """What `open_model` takes to open this model again: its address, the path of its file, or else its name."""
        return self._address or (self.name if self.source is None else str(self.source.path))

    @property
    def provider_report(self) -> ProviderReport:
        """What the engine really runs on, and why."""
        return self.engine.provider_report

    @property
    def provider(self) -> Provider:
        """What the engine really runs on: "cuda" or "cpu"; `provider_report` says why."""
        return self.provider_report.actual

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer whose ids the table's rows are: the one inside the file, or a built-in one.

        Raises TokenizationError if it is not known here or cannot be used, ModelFileError if it cannot be unpacked.
        """
        if inside := self.metadata.tokenizer_json:
            return tokenizer_from_json(unpacked(inside), self.metadata.name)
        return get_tokenizer(self.metadata.tokenizer)

    @property
    def table(self) -> Float32[np.ndarray, "n_vocab stored_width"]:
        """The whole token table as the file stores it, float32 and read-only, read through the engine row by row.

        All who hold it share one array; when nobody does, its memory is free again.
        """
        table = self._table() if self._table is not None else None
        if table is None:
            table = whole_table(self._rows, self.metadata, self._held_table)
            self._table = weakref.ref(table)
        return table

    def rows_in_parts(self) -> Iterator[Float32[np.ndarray, "m stored_width"]]:
        """Yield the rows of the table in their order, some at a time, for who needs each but once."""
        return (rows for _, rows in rows_in_parts(self._rows, self.metadata))

    @property
    def positions(self) -> Float32[np.ndarray, "context_length position_width"]:
        """Every position vector, read through the engine; no rows where the scheme adds none.

        All who hold them share one array, as they do `table`.
        """
        places = self._positions() if self._positions is not None else None
        if places is None:
            places = self._read_positions()
            self._positions = weakref.ref(places)
        return places

    @cached_property
    def position_table(self) -> np.ndarray | None:
        """What the file stores for its positions, as float32: a learned scheme's rows or biases; None if nothing.

        Raises ModelFileError where another file has taken its place.
        """
        table = self.engine.stored(contract.POSITION_TABLE)
        return None if table is None else table.astype(np.float32)

    @cached_property
    def step_weights(self) -> Mapping[str, np.ndarray]:
        """The weights of the file's steps by name. Raises ModelFileError where another file has taken its place."""
        return stored_weights(self.engine, self.metadata, self.source)

    @property
    def output_table(self) -> Float32[np.ndarray, "n_vocab d_model"] | None:
        """The output table beside the file, or None where there is none (see `embedcore.model.output_table`).

        It is read again when its file has changed, which `output_state` tells.
        """
        state = self.output_state
        if self.source is not None and state != self._output_table[0]:
            table = read_output_table(self.source.path, self.metadata.n_vocab, self.metadata.d_model)
            self._output_table = (state, table)
        return self._output_table[1]

    @property
    def output_file_name(self) -> str:
        """The name of the file that the output table has, or would have, beside the model's own."""
        return output_table_path(Path(self.file_name)).name

    @property
    def output_state(self) -> FileState | None:
        """The state of the output table's file as it is now; None where there is none."""
        return None if self.source is None else file_state(output_table_path(self.source.path))

    @property
    def longest(self) -> int:
        """The most tokens that one run takes: context_length, or fewer where a run would fill memory."""
        length = self.metadata.context_length if self.source is None else self.source.longest
        if contract.ATTENTION_BIAS in self._axes:
            length = min(length, math.isqrt(_LARGEST_BIAS // (4 * self.metadata.n_heads)))
        return length

    def run(self, token_ids: Any) -> InputLayer:
        """Run the input layer on `token_ids`, whole numbers [batch, sequence] or [sequence] (a batch of one).

        They are lists, an array, a tensor, or anything that yields whole numbers or rows of them.
        Each id in 0…n_vocab − 1, 1 ≤ batch, 1 ≤ sequence ≤ context_length.
        Raises UnknownTokenId, ShapeError or SequenceTooLong, with both numbers; ModelFileError if the file fails at it.
        """
        ids = self._checked(token_ids)
        start = time.perf_counter()
        outputs = self._outputs(list(self._axes), ids)
        seconds = time.perf_counter() - start
        return InputLayer(
            token_ids=ids,
            token_embeddings=outputs.pop(contract.TOKEN_EMBEDDINGS),
            position_embeddings=outputs.pop(contract.POSITION_EMBEDDINGS, None),
            input_embeddings=outputs.pop(contract.INPUT_EMBEDDINGS),
            extras=outputs,
            seconds=seconds,
        )

    def close(self) -> None:
        """Let the engine go. A run afterwards raises EmbedcoreError; arrays that were given stay as they are."""
        self._held_table = None
        self.engine.close()

    def run_output(self, name: str, token_ids: Any) -> Float32[np.ndarray, "..."]:
        """Run as `run` does, and keep one output alone, by its name in the contract."""
        return self._outputs([name], self._checked(token_ids))[name]

    def _rows(self, ids: Int64[np.ndarray, "batch sequence"]) -> np.ndarray:
        return self._outputs([contract.TOKEN_EMBEDDINGS], ids)[contract.TOKEN_EMBEDDINGS]

    def _read_positions(self) -> Float32[np.ndarray, "context_length position_width"]:
        if contract.POSITION_EMBEDDINGS not in self._axes:
            return np.zeros((0, width_of_positions(self.metadata)), np.float32)
        # One zero for all places: a length past what a run takes is refused before it takes memory.
        ids = np.broadcast_to(np.int64(0), (1, self.metadata.context_length))
        places = self.run(ids).position_embeddings
        assert places is not None
        return places

    def _outputs(self, names: list[str], ids: Int64[np.ndarray, "batch sequence"]) -> dict[str, np.ndarray]:
        """Run the engine and hold what it gives to the contract's shapes: a file may fail, or lie, at any run."""
        batch, sequence = ids.shape
        try:
            outputs = self.engine.run(names, ids)
        except EmbedcoreError:  # this error is not the file's fault, and its message holds a remedy
            raise
        except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
            msg = f"{self.file_name} fails at a run of {batch:,} × {sequence:,} tokens ({error}): export it again"
            raise ModelFileError(msg) from error
        for name in names:
            shape = contract.output_shape(self._axes[name], batch, sequence)
            given = outputs[name] if name in outputs else np.zeros(0, np.float32)
            if given.shape != shape or given.dtype != np.float32:
                kind = "" if given.dtype == np.float32 else f"{given.dtype} "
                msg = (
                    f"{self.file_name} gives {name} {kind}{list(given.shape)}, not the {list(shape)} of its "
                    "metadata: export it again"
                )
                raise ModelFileError(msg)
        return {name: outputs[name] for name in names}

    def _checked(self, token_ids: Any) -> Int64[np.ndarray, "batch sequence"]:
        """Return `token_ids` as int64 [batch, sequence]. WARNING: ONNX Runtime wraps negative ids without a word."""
        if isinstance(token_ids, np.ndarray):
            self._check_shape(token_ids.shape)  # before a copy of it is made
        ids = as_id_array(token_ids)
        self._check_shape(ids.shape)
        ids = np.atleast_2d(ids)
        outside = ids[(ids < 0) | (ids >= self.metadata.n_vocab)]
        if outside.size:
            msg = (
                f"token id {outside[0]} is outside 0…{self.metadata.n_vocab - 1}, the vocabulary of {self.name}: "
                "use ids of the model's own tokenizer"
            )
            raise UnknownTokenId(msg)
        return np.ascontiguousarray(ids, dtype=np.int64)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) not in (1, 2) or 0 in shape:
            msg = (
                f"token ids have shape {list(shape)}, but must be [sequence] or [batch, sequence] with at least "
                "1 token: give the model a text or an id"
            )
            raise ShapeError(msg)
        sequence = shape[-1]
        if sequence > self.metadata.context_length:
            msg = (
                f"a sequence of {sequence:,} tokens is longer than the {self.metadata.context_length:,} positions "
                f"of {self.name}: take a part of it, or a model with a longer context"
            )
            raise SequenceTooLong(msg)
        if sequence > self.longest:
            n_bytes = 4 * self.metadata.n_heads * sequence**2
            msg = (
                f"the attention bias of {sequence:,} tokens would take {n_bytes:,} bytes, and {_LARGEST_BIAS:,} is "
                f"the most: take {self.longest:,} tokens or fewer"
                if contract.ATTENTION_BIAS in self._axes and n_bytes > _LARGEST_BIAS
                else f"a run of {sequence:,} tokens would take over {contract.LARGEST_RUN:,} bytes: take "
                f"{self.longest:,} tokens or fewer"
            )
            raise SequenceTooLong(msg)
