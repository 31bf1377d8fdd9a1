"""A second engine, with no file and no ONNX Runtime: two arrays, and the sums of their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from embedcore import contract
from embedcore.engine.engine import Engine
from embedcore.engine.providers import ProviderReport
from embedcore.errors import EmbedcoreError
from embedcore.model.model import Model


class ArrayEngine:
    """The learned scheme over `table` [n_vocab, d_model] and `positions` [context_length, d_model], float32."""

    provider_report = ProviderReport("auto", (), "cpu", "two arrays in memory are all that it needs")

    def __init__(self, table: np.ndarray, positions: np.ndarray) -> None:
        self.table, self.positions, self.n_runs = table, positions, 0

    def run(self, names: Sequence[str], token_ids: np.ndarray) -> Mapping[str, np.ndarray]:
        if self.n_runs < 0:
            msg = "the arrays were let go: make the model again"
            raise EmbedcoreError(msg)
        self.n_runs += 1
        rows, places = self.table[token_ids], self.positions[: token_ids.shape[1]]
        outputs = {
            contract.TOKEN_EMBEDDINGS: rows,
            contract.POSITION_EMBEDDINGS: places.copy(),
            contract.INPUT_EMBEDDINGS: rows + places,
        }
        return {name: outputs[name] for name in names}

    def stored(self, name: str) -> np.ndarray | None:
        return {"table": self.table, "position.table": self.positions}.get(name)

    def close(self) -> None:
        self.n_runs = -1


def arrays(n_vocab: int = 50_257, context_length: int = 16, d_model: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    table = random.normal(size=(n_vocab, d_model)).astype(np.float32)
    return table, random.normal(size=(context_length, d_model)).astype(np.float32)


def array_model(engine: Engine, like: Model, *, tokenizer: str = "gpt2", n_vocab: int = 50_257) -> Model:
    """Return a model of 16 positions × 8 that `engine` runs; what else its metadata say is as in `like`."""
    metadata = replace(
        like.metadata,
        name="two-arrays",
        tokenizer=tokenizer,
        position_scheme="learned",
        position_parameters={},
        n_vocab=n_vocab,
        d_model=8,
        context_length=16,
        provenance={},
    )
    return Model(metadata, "a" * 64, engine)
