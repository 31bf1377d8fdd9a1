"""Makers of positions: a table of a checkpoint, rotary parameters of config.json, ALiBi, T5's numbers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from embedcore.checks.sizes import WaveLayout
from embedcore.errors import ModelFileError
from embedcore.schemes.sinusoidal import sinusoidal_at
from export.families.checkpoint import Checkpoint
from export.families.family import Building, Heads, PositionMaker, Positions

Number = Callable[[Checkpoint], int]
_EXACT: Final = 1e-6  # between waves that were computed in 64 and in 32 bits
_ROUNDED: Final = 2e-3  # between waves and those that were computed or stored in fewer
_STORED_WAVES: Final = "The position vectors are computed waves, not learned; the file has them as the checkpoint does."


def learned(*tensors: str, offset: Number | int = 0, padding: Number | None = None) -> PositionMaker:
    """Return the maker of learned positions: place p has row p + offset of the table.

    `padding` gives the row that padding tokens have, in models that do not count them.
    """

    def make(building: Building) -> Positions:
        checkpoint = building.checkpoint
        first = _number(offset, checkpoint)
        table = checkpoint.read(*tensors)
        if padding is not None:
            row = padding(checkpoint)
            building.padding = table[row].astype(np.float32)
        return Positions("learned", table=table[first:], context_length=len(table) - first)

    return make


def _number(said: Number | int, checkpoint: Checkpoint) -> int:
    return said if isinstance(said, int) else said(checkpoint)


def padding_row(checkpoint: Checkpoint) -> int:
    """Return the row of padding tokens in tables whose places begin behind it: the padding token's id."""
    return int(checkpoint.need("pad_token_id"))


def after_padding(checkpoint: Checkpoint) -> int:
    """Return the row of the first place in tables whose places begin behind the row of padding tokens."""
    return padding_row(checkpoint) + 1


def waves(
    *tensors: str,
    layout: WaveLayout = "halves",
    is_closed: bool = False,
    first_place: Number | int = 0,
    skips_padding: bool = False,
) -> PositionMaker:
    """Return the maker of computed waves, all sines before all cosines, as Marian and tensor2tensor have them.

    `is_closed`: the frequencies end with 1/10000 itself (tensor2tensor), not one step before it (the paper). That is
    another base: 10000^(−i/(d/2 − 1)) = base^(−2i/d) with base = 10000^(d/(d − 2)). `skips_padding`: padding tokens are
    not counted as places and get zeros. Where the checkpoint stores the vectors, as one of `tensors`, in other numbers
    than the waves, they are taken as they are stored.
    """

    def make(building: Building) -> Positions:
        checkpoint = building.checkpoint
        width, first = checkpoint.size("hidden_size"), _number(first_place, checkpoint)
        if width < 4:
            msg = f"config.json says vectors {width} wide, and waves need 4 numbers or more: fetch the file again"
            raise ModelFileError(msg)
        own: dict[str, Any] = {"base": 10_000.0 ** (width / (width - 2)) if is_closed else 10_000.0}
        own |= {} if layout == "interleaved" else {"wave_layout": layout}
        own |= {"first_place": first} if first else {}
        building.padding = np.zeros(width, np.float32) if skips_padding else None
        if not tensors or not checkpoint.has(*tensors):
            return Positions("sinusoidal", own)
        table = checkpoint.read(*tensors)
        if skips_padding:
            building.padding = table[padding_row(checkpoint)].astype(np.float32)
        kept = table[first:]
        computed = sinusoidal_at(np.arange(first, len(table)), width, base=own["base"], wave_layout=layout)
        apart = float(np.abs(kept - computed).max()) if kept.shape == computed.shape else np.inf
        if apart <= _EXACT:
            return Positions("sinusoidal", own, context_length=len(kept))
        remark = _STORED_WAVES if apart <= _ROUNDED else ""
        return Positions("learned", table=kept, context_length=len(kept), remark=remark)

    return make


def t5_bias(*tensors: str) -> PositionMaker:
    """Return the maker of T5's numbers for buckets of distances, those of the encoder's first block."""

    def make(building: Building) -> Positions:
        checkpoint = building.checkpoint
        own = {
            "n_heads": checkpoint.size("num_attention_heads", "num_heads"),
            "n_buckets": checkpoint.size("relative_attention_num_buckets"),
            "max_distance": checkpoint.size("relative_attention_max_distance"),
            "is_bidirectional": True,
        }
        return Positions("t5", own, table=checkpoint.read(*tensors))

    return make


def rotary(
    *, layout: str = "half", share: tuple[str, ...] = (), width: Number | None = None,
    sizes_of: Callable[[Building], Heads] = Building.head_sizes,
) -> PositionMaker:  # fmt: skip
    """Return the maker of rotary positions with what `rope_parameters`, or the older `rope_scaling`, say.

    `share` are keys of the share of a head that turns; `width` gives how wide the turning part of a head is where it is
    a size of its own. `sizes_of` says how many heads there are and how wide, where config.json does not say it plainly.
    """

    def make(building: Building) -> Positions:
        checkpoint = building.checkpoint
        heads = sizes_of(building)
        turning = width(checkpoint) if width is not None else int(heads.head_dim * _share(checkpoint, share))
        parameters = {
            "n_heads": heads.n_heads,
            "layout": layout,
            **_scaling(checkpoint, _rope_of(checkpoint)),
        }
        if turning != heads.head_dim:
            parameters["rotary_dim"] = turning
        return Positions("rope", parameters)

    return make


def _rope_of(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Return what config.json says of the rotary positions of block 1, in one form: version 5's, or the older keys."""
    said = checkpoint.get("rope_parameters", default={}) or {}
    if said and all(isinstance(value, Mapping) for value in said.values()):  # one for each kind of layer
        kinds = checkpoint.get("layer_types", default=[])
        first = kinds[0] if kinds else next(iter(said))
        said = said.get(first, next(iter(said.values())))
    older = checkpoint.config.get("rope_scaling") or {}
    theta = checkpoint.config.get("rope_theta", said.get("rope_theta", checkpoint.get("rotary_emb_base", "rope_theta")))
    if not isinstance(older, Mapping) or not isinstance(said, Mapping):
        msg = "config.json's rope_scaling or rope_parameters is no object: fetch the file again"
        raise ModelFileError(msg)
    merged = {**said, **older}
    merged.setdefault("rope_type", merged.get("type", "default"))
    if older:
        merged["rope_type"] = older.get("rope_type", older.get("type", "default"))
    merged["rope_theta"] = 10_000.0 if theta is None else theta
    return merged


def _share(checkpoint: Checkpoint, keys: tuple[str, ...]) -> float:
    """Return the share of a head that turns, 1 where nothing says it."""
    said = checkpoint.get(*keys) if keys else None
    if said is None:
        said = _rope_of(checkpoint).get("partial_rotary_factor", checkpoint.get("partial_rotary_factor"))
    return 1.0 if said is None else float(said)


def _scaling(checkpoint: Checkpoint, rope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of the scaling, by the names of `embedcore.schemes.rope_parameters`."""
    kind = rope["rope_type"]
    base = {"base": float(rope["rope_theta"])}
    trained = rope.get("original_max_position_embeddings") or checkpoint.get("original_max_position_embeddings")
    trained = trained or checkpoint.get("max_position_embeddings", "n_positions")
    if kind in ("default", "mrope", None):
        return {**base, "scaling": "none"}
    if kind == "linear":
        return {**base, "scaling": "linear", "factor": float(rope["factor"])}
    if kind == "dynamic":
        return {**base, "scaling": "dynamic", "factor": float(rope["factor"]), "original_length": int(trained)}
    if kind == "llama3":
        return {
            **base,
            "scaling": "llama3",
            "factor": float(rope["factor"]),
            "original_length": int(trained),
            "low_frequency_factor": float(rope["low_freq_factor"]),
            "high_frequency_factor": float(rope["high_freq_factor"]),
        }
    if kind == "yarn":
        return {**base, **_yarn(rope, int(trained))}
    if kind == "longrope":
        return {**base, **_longrope(checkpoint, rope, int(trained))}
    if kind == "proportional":
        factor = float(rope.get("factor", 1.0))
        return {**base, "scaling": "proportional", "factor": factor, "proportion": _share(checkpoint, ())}
    msg = f"config.json scales rotary positions by {str(kind)[:40]!r}, which is none of the kinds known here"
    raise ModelFileError(f"{msg}: export it with --positions none, or report the model")


def _yarn(rope: Mapping[str, Any], trained: int) -> dict[str, Any]:
    names = {
        "beta_fast": "beta_fast",
        "beta_slow": "beta_slow",
        "attention_factor": "attention_factor",
        "mscale": "mscale",
        "mscale_all_dim": "mscale_all_dim",
    }
    own = {ours: float(rope[theirs]) for ours, theirs in names.items() if rope.get(theirs) is not None}
    if "truncate" in rope:
        own["is_truncated"] = bool(rope["truncate"])
    return {"scaling": "yarn", "factor": float(rope["factor"]), "original_length": trained, **own}


def _longrope(checkpoint: Checkpoint, rope: Mapping[str, Any], trained: int) -> dict[str, Any]:
    most = checkpoint.get("max_position_embeddings") or trained
    factor = float(rope.get("factor") or most / trained)
    own = {name: float(rope[name]) for name in ("attention_factor", "short_mscale", "long_mscale") if rope.get(name)}
    return {
        "scaling": "longrope",
        "factor": factor,
        "original_length": trained,
        "short_factors": [float(value) for value in rope["short_factor"]],
        "long_factors": [float(value) for value in rope["long_factor"]],
        **own,
    }


def in_layers(kind: str, maker: PositionMaker) -> PositionMaker:
    """Return a maker of positions for families in which only layers of one kind have them: what holds for block 1."""

    def make(building: Building) -> Positions:
        kinds = building.checkpoint.get("layer_types", default=[])
        return maker(building) if not kinds or kinds[0] == kind else Positions()

    return make


def where_turning(maker: PositionMaker) -> PositionMaker:
    """Return a maker of rotary positions for families that say by layer whether it turns: what holds for block 1.

    `no_rope_layers` has 1 where a layer turns; `layer_rope_theta` has its base, or 0.
    """

    def make(building: Building) -> Positions:
        said = building.checkpoint.get("no_rope_layers", "layer_rope_theta", default=[])
        return Positions() if said and not said[0] else maker(building)

    return make


def alibi_or(maker: PositionMaker) -> PositionMaker:
    """Return the maker of ALiBi where config.json's `alibi` is true, else of the positions that `maker` makes."""
    biases = alibi("num_attention_heads")
    return lambda building: (biases if building.checkpoint.get("alibi", default=False) else maker)(building)


def alibi(*heads: str, bias_max: tuple[str, ...] = ()) -> PositionMaker:
    """Return the maker of ALiBi; `bias_max` are the keys of the exponent of its gentlest slope."""

    def make(building: Building) -> Positions:
        own = {"n_heads": building.checkpoint.size(*heads)}
        most = building.checkpoint.get(*bias_max) if bias_max else None
        return Positions("alibi", own | ({} if most in (None, 8) else {"bias_max": float(most)}))

    return make
