"""An ONNX file → Model → InputLayer: the exported input layer, run by ONNX Runtime on CUDA or the CPU."""

import math
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from jaxtyping import Float32, Int64

from embedcore import contract
from embedcore.checks.token_ids import as_id_array
from embedcore.contract import ModelMetadata
from embedcore.engine.providers import Provider, ProviderReport, ProviderRequest, choose_providers, report_providers
from embedcore.errors import ModelFileError, SequenceTooLong, ShapeError, UnknownTokenId
from embedcore.files.state import FileState, file_state
from embedcore.model import catalog
from embedcore.model.file import ModelFile, load_model_file, parse_model, weights
from embedcore.model.output_table import output_table_path, read_output_table
from embedcore.model.session import create_session, run_into_arrays
from embedcore.tokens.tokenizer import Tokenizer, get_tokenizer
from embedcore.values import ByContent

_LARGEST_BIAS: Final = 1_000_000_000  # bytes of an attention_bias, which grows with the square of the sequence
_ROWS_AT_ONCE: Final = 8192  # how many table rows one run reads: bounds the memory that it takes
_ROW_LENGTH: Final = 256  # a run of short sequences spends little on positions


@dataclass(frozen=True, slots=True, eq=False)
class InputLayer(ByContent):
    """What the input layer makes of a batch of token ids: every array that the file gives, and the time it took.

    Two are equal if their arrays are, whatever the time.
    """

    token_ids: Int64[np.ndarray, "batch sequence"]
    token_embeddings: Float32[np.ndarray, "batch sequence d_model"]
    position_embeddings: Float32[np.ndarray, "sequence d_model"] | None
    input_embeddings: Float32[np.ndarray, "batch sequence d_model"]
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    seconds: float = field(default=0.0, compare=False)


def open_model(name_or_path: str | Path, *, provider: ProviderRequest = "auto") -> "Model":
    """Open a model by its catalog name or its file's path, and try one run.

    Raises ModelFileError if there is no such file, or it is broken, altered or breaks the contract;
    ProviderUnavailable if CUDA is asked for and cannot be had.

    >>> open_model("toy").run([3]).token_embeddings[0, 0]   →   [-0.4015, 0.9666, -1.1481]
    """
    available = onnxruntime.get_available_providers()
    providers = choose_providers(provider, available)
    file, content = load_model_file(catalog.find(name_or_path))
    session = create_session(file, content, providers)
    report = report_providers(provider, available, session.get_providers())
    model = Model(file, session, report)
    _probe(model)
    return model


class Model:
    """An open model file: one ONNX Runtime session, safe to share between threads."""

    def __init__(self, file: ModelFile, session: onnxruntime.InferenceSession, report: ProviderReport) -> None:
        self._session = session
        self._table: weakref.ref[np.ndarray] | None = None
        self._positions: weakref.ref[np.ndarray] | None = None
        self._output_table: tuple[FileState | None, np.ndarray | None] = (None, None)
        self._output_names = tuple(output.name for output in session.get_outputs())
        self._axes = contract.output_axes(file.metadata)
        self.file = file
        self.provider_report = report

    @property
    def name(self) -> str:
        """The model's own name, from its metadata."""
        return self.metadata.name

    @property
    def metadata(self) -> ModelMetadata:
        """What the file says of itself."""
        return self.file.metadata

    @property
    def provider(self) -> Provider:
        """What the session really runs on: "cuda" or "cpu"; `provider_report` says why."""
        return self.provider_report.actual

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer whose ids the table's rows are. Raises TokenizationError if it is not known here."""
        return get_tokenizer(self.metadata.tokenizer)

    @property
    def table(self) -> Float32[np.ndarray, "n_vocab d_model"]:
        """The whole token table, float32 and read-only, read through the session row by row.

        All who hold it share one array; when nobody does, its memory is free again.
        """
        table = self._table() if self._table is not None else None
        if table is None:
            table = self._read_table()
            self._table = weakref.ref(table)
        return table

    @property
    def positions(self) -> Float32[np.ndarray, "context_length d_model"]:
        """Every position vector, read through the session; no rows where the scheme adds none.

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
        proto = parse_model(self.file.content(), self.file.path.name)
        table = weights(proto).get("position.table")
        return None if table is None else table.astype(np.float32)

    @property
    def output_table(self) -> Float32[np.ndarray, "n_vocab d_model"] | None:
        """The output table beside the file, where there is one (see `embedcore.model.output_table`); None else.

        It is read again when its file has changed, which `output_state` tells.
        """
        state = self.output_state
        if state != self._output_table[0]:
            self._output_table = (
                state,
                read_output_table(self.file.path, self.metadata.n_vocab, self.metadata.d_model),
            )
        return self._output_table[1]

    @property
    def output_state(self) -> FileState | None:
        """The state of the output table's file as it is now; None where there is none."""
        return file_state(output_table_path(self.file.path))

    @property
    def longest(self) -> int:
        """The most tokens that one run takes: context_length, or fewer where a run would fill memory."""
        length = self.file.longest
        if contract.ATTENTION_BIAS in self._output_names:
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
        outputs = self._outputs(list(self._output_names), ids)
        seconds = time.perf_counter() - start
        return InputLayer(
            token_ids=ids,
            token_embeddings=outputs.pop(contract.TOKEN_EMBEDDINGS),
            position_embeddings=outputs.pop(contract.POSITION_EMBEDDINGS, None),
            input_embeddings=outputs.pop(contract.INPUT_EMBEDDINGS),
            extras=outputs,
            seconds=seconds,
        )

    def run_output(self, name: str, token_ids: Any) -> Float32[np.ndarray, "..."]:
        """Run as `run` does, and keep one output alone, by its name in the contract."""
        return self._outputs([name], self._checked(token_ids))[name]

    def _read_table(self) -> Float32[np.ndarray, "n_vocab d_model"]:
        n_vocab, length = self.metadata.n_vocab, min(self.metadata.context_length, _ROW_LENGTH)
        table = np.empty((n_vocab, self.metadata.d_model), np.float32)
        batch = max(1, _ROWS_AT_ONCE // length)
        for start in range(0, n_vocab, batch * length):
            ids = np.arange(start, min(start + batch * length, n_vocab))
            # The last block is padded to full rows with id 0, and the padding is cut off again.
            block = np.zeros((-(-len(ids) // length), min(length, len(ids))), np.int64)
            block.reshape(-1)[: len(ids)] = ids
            rows = self._outputs([contract.TOKEN_EMBEDDINGS], block)[contract.TOKEN_EMBEDDINGS]
            table[ids] = rows.reshape(-1, self.metadata.d_model)[: len(ids)]
        table.flags.writeable = False
        return table

    def _read_positions(self) -> Float32[np.ndarray, "context_length d_model"]:
        if contract.POSITION_EMBEDDINGS not in self._output_names:
            return np.zeros((0, self.metadata.d_model), np.float32)
        # One zero for all places: a length past what a run takes is refused before it takes memory.
        ids = np.broadcast_to(np.int64(0), (1, self.metadata.context_length))
        places = self.run(ids).position_embeddings
        assert places is not None
        return places

    def _outputs(self, names: list[str], ids: Int64[np.ndarray, "batch sequence"]) -> dict[str, np.ndarray]:
        """Run the session and hold what it gives to the contract's shapes: a file may fail, or lie, at any run."""
        batch, sequence = ids.shape
        sizes = {"batch": batch, "sequence": sequence, contract.DISTANCES: 2 * sequence - 1}
        shapes = {
            name: tuple(sizes.get(axis, axis) if isinstance(axis, str) else axis for axis in self._axes[name])
            for name in names
        }
        try:
            if self.provider == "cpu":
                return run_into_arrays(self._session, shapes, ids)
            values = self._session.run(names, {contract.TOKEN_IDS: ids})
        except Exception as error:  # ONNX Runtime's exception classes are private; each means that the file cannot run
            msg = f"{self.file.path.name} fails at a run of {batch:,} × {sequence:,} tokens ({error}): export it again"
            raise ModelFileError(msg) from error
        for name, value in zip(names, values, strict=True):
            if value.shape != shapes[name]:
                msg = (
                    f"{self.file.path.name} gives {name} {list(value.shape)}, not the {list(shapes[name])} of its "
                    "metadata: export it again"
                )
                raise ModelFileError(msg)
        return dict(zip(names, values, strict=True))

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
                if contract.ATTENTION_BIAS in self._output_names and n_bytes > _LARGEST_BIAS
                else f"a run of {sequence:,} tokens would take over {contract.LARGEST_RUN:,} bytes: take "
                f"{self.longest:,} tokens or fewer"
            )
            raise SequenceTooLong(msg)


def _probe(model: Model) -> None:
    """Run the first and the last id over many places: the file must really give what its metadata says it gives."""
    metadata, name = model.metadata, model.file.path.name
    last, sequence = metadata.n_vocab - 1, min(model.longest, model.file.n_probed)
    try:
        model.run([last])  # the arena keeps the first piece that it takes: let it be a small one
        model.run([[last] + [0] * (sequence - 1)])
    except ModelFileError as error:
        msg = (
            f"{name} says it has {metadata.n_vocab:,} rows and {metadata.context_length:,} positions, but a run of id "
            f"{last} and {sequence:,} tokens fails: {error}"
        )
        raise ModelFileError(msg) from error
