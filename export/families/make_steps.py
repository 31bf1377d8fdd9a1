"""Makers of steps: each takes names of tensors and keys of config.json, and returns what reads them."""

from collections.abc import Callable

import numpy as np

from embedcore.layer.steps import Step
from export.families.family import Building, StepMaker

Factor = Callable[[Building], float]


def scaled(factor: Factor, title: str = "") -> StepMaker:
    """Return the maker of a multiplication by a number; none where the number is 1."""

    def make(building: Building) -> Step | None:
        value = factor(building)
        return None if value == 1.0 else Step("scale", numbers={"factor": float(value)}, title=title)

    return make


def configured(*keys: str) -> Factor:
    """Return what reads a factor from config.json."""
    return lambda building: building.checkpoint.number(*keys)


def root_of_width(building: Building) -> float:
    """Return √hidden_size in float64, as models do that keep it as a Python number."""
    return float(building.checkpoint.size("hidden_size") ** 0.5)


def cast(factor: Factor) -> Factor:
    """Return a factor rounded to the table's own type, as Gemma does with √hidden_size (transformers#29402)."""

    def rounded(building: Building) -> float:
        value = factor(building)
        dtype = building.checkpoint.info(*building.table_names).dtype
        if dtype == "BF16":
            return _as_bfloat(value)
        return float(np.float16(value)) if dtype == "F16" else float(np.float32(value))

    return rounded


def bfloat_root_of_width(building: Building) -> float:
    """Return √hidden_size rounded to bfloat16, as RecurrentGemma does whatever the table's type."""
    return _as_bfloat(root_of_width(building))


def _as_bfloat(number: float) -> float:
    bits = int(np.float32(number).view(np.uint32))
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return float(np.uint32(rounded).view(np.float32))


def root_where(*keys: str) -> Factor:
    """Return what gives √hidden_size where the first of `keys` that is set is true, and 1 where it is false."""
    return lambda building: root_of_width(building) if building.checkpoint.get(*keys, default=False) else 1.0


def padding_id(building: Building) -> int:
    """Return the id of the padding token. Raises ModelFileError where there is none."""
    return int(building.checkpoint.need("pad_token_id"))


def when(is_there: Callable[[Building], object], maker: StepMaker) -> StepMaker:
    """Return a maker that makes nothing unless `is_there` gives something true."""
    return lambda building: maker(building) if is_there(building) else None


def configured_so(key: str) -> Callable[[Building], object]:
    """Return what reads whether config.json, or the family, says that `key` is so."""
    return lambda building: building.checkpoint.get(key, default=False)


def added_row(tensor: str, row: int, title: str, *, name: str, is_optional: bool = True) -> StepMaker:
    """Return the maker of a step that adds one row of a table: token type 0, say; none where the table is absent."""

    def make(building: Building) -> Step | None:
        checkpoint = building.checkpoint
        if is_optional and not checkpoint.has(tensor):
            return None
        values = checkpoint.read(tensor, rows=slice(row, row + 1))[0].astype(np.float32)
        return Step("add", {"row": building.weight(name, values)}, title=title)

    return make


def positions(*, padding: Callable[[Building], int | None] | None = None) -> StepMaker:
    """Return the maker of the step that adds the position vectors; none where the scheme at hand has none to add.

    `padding` gives the id of the padding token in models that do not count it (RoBERTa), whose own vector is the row
    `padding_row` of the table: see `export.families.make_positions`.
    """

    def make(building: Building) -> Step | None:
        if not building.adds_positions:
            return None
        padding_id = None if padding is None else padding(building)
        if padding_id is None:
            return Step("positions")
        building.weight("position.padding", building.padding_row())
        return Step("positions", {"padding": "position.padding"}, {"padding_id": padding_id})

    return make


def layer_norm(
    *tensors: str, name: str, epsilon: tuple[str, ...] | float, is_optional: bool = False,
    adds_one: bool = False,
) -> StepMaker:  # fmt: skip
    """Return the maker of a layer norm with weight and bias, as far as the checkpoint has them.

    `tensors` are the norm's names without ".weight"; old files say gamma and beta. `epsilon` is a number or its keys.
    `adds_one`: the norm multiplies by 1 + weight (Nemotron).
    """

    def make(building: Building) -> Step | None:
        checkpoint = building.checkpoint
        weights = {}
        for part, endings in (("weight", (".weight", ".gamma")), ("bias", (".bias", ".beta"))):
            names = [tensor + ending for tensor in tensors for ending in endings]
            if checkpoint.has(*names):
                values = checkpoint.read(*names)
                if adds_one and part == "weight":
                    values = np.float32(1) + values.astype(np.float32)
                weights[part] = building.weight(f"{name}.{part}", values)
        if is_optional and not weights:
            return None
        value = epsilon if isinstance(epsilon, float) else checkpoint.number(*epsilon)
        return Step("layer_norm", weights, {"epsilon": value})

    return make


def rms_norm(*tensors: str, name: str, epsilon: tuple[str, ...] | float, adds_one: bool = False) -> StepMaker:
    """Return the maker of an RMS norm; without tensors it has no weight. `adds_one`: the norm multiplies by 1 + w."""

    def make(building: Building) -> Step:
        checkpoint, weights = building.checkpoint, {}
        if tensors:
            values = checkpoint.read(*(f"{tensor}.weight" for tensor in tensors))
            if adds_one:
                values = np.float32(1) + values.astype(np.float32)
            weights["weight"] = building.weight(f"{name}.weight", values)
        value = epsilon if isinstance(epsilon, float) else checkpoint.number(*epsilon)
        return Step("rms_norm", weights, {"epsilon": value})

    return make


def projected(*tensors: str, name: str, title: str = "", is_optional: bool = False) -> StepMaker:
    """Return the maker of a product with a matrix [out, in] and its bias, where there is one."""

    def make(building: Building) -> Step | None:
        checkpoint = building.checkpoint
        matrices = [f"{tensor}.weight" for tensor in tensors]
        if is_optional and not checkpoint.has(*matrices):
            return None
        matrix = checkpoint.read(*matrices)
        weights = {"weight": building.weight(f"{name}.weight", matrix)}
        biases = [f"{tensor}.bias" for tensor in tensors]
        if checkpoint.has(*biases):
            weights["bias"] = building.weight(f"{name}.bias", checkpoint.read(*biases))
        return Step("projection", weights, {"out": int(matrix.shape[0])}, title)

    return make


def limited(key: str) -> StepMaker:
    """Return the maker of a limit on each number; none where config.json gives no limit."""

    def make(building: Building) -> Step | None:
        limit = building.checkpoint.get(key)
        return None if limit is None else Step("clip", numbers={"limit": building.checkpoint.number(key)})

    return make
