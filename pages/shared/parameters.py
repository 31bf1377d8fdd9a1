"""The one list of what a link can set: each parameter's name and kind, and which values a kind can have at all.

Whether a value fits the text or the model of the moment is for its control to say; what is refused here never reaches one.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

MAX_LINE: Final = 200
MAX_TEXT: Final = 100_000
_MAX_PACKED: Final = 20_000


class Kind(Enum):
    """What the values of a parameter are, with the words for it in a notice."""

    CHOICE = "one of its choices"
    SEVERAL = "any of its choices"
    WHOLE = "a whole number"
    DECIMAL = "a number"
    SWITCH = "true or false"
    LINE = "a line"
    TEXT = "a text"
    INDEX = "a whole number from 0"
    BOX = "the number of a map and four whole numbers"
    IDS = "a set of tokens that this app packed"


_NAMES: Final[Mapping[Kind, str]] = {
    Kind.CHOICE: "ask by color dimensions find_by indicator category layer layout left method method2 metric model model2 "
    "near_kind part provider right rows scaling shown source stage stage2 table view wave_layout write xl_wave_layout",
    Kind.SEVERAL: "schemes",
    Kind.WHOLE: "batch batch_size bert_distance bert_query_distance deberta_buckets deberta_distance first first_pair head heads "
    "id k max_length n_positions pair pc_x pc_x2 pc_y pc_y2 pc_z pc_z2 place reach rope_original_length rope_rotary_dim sample seed seed2 "
    "shaw_distance stride t5_buckets t5_distance target tied waves_d_model",
    Kind.DECIMAL: "alibi_bias_max base rope_attention_factor rope_base rope_beta_fast rope_beta_slow rope_factor rope_high_frequency_factor "
    "rope_long_mscale rope_low_frequency_factor rope_mscale rope_mscale_all_dim rope_proportion rope_short_mscale threshold xl_base",
    Kind.SWITCH: "align carried causal compare deberta_released drop_last labels log log_rows low normalize one_scale rope_is_truncated row_scale show_positions "
    "show_text shuffle t5_both ties trained_only",
    Kind.LINE: "axis_x axis_x2 axis_y axis_y2 axis_z axis_z2 expression find find_token first_sentence query rope_long_factors "
    "rope_short_factors second_sentence",
    Kind.TEXT: "ids text",
    Kind.INDEX: "token",
    Kind.BOX: "box",
    Kind.IDS: "picked",
}
PARAMETERS: Final[Mapping[str, Kind]] = {name: kind for kind, names in _NAMES.items() for name in names.split()}

# What means nothing without the model whose token ids it is written in, or whose tokens it counts.
WRITTEN_IN_IDS: Final = frozenset({"id", "ids", "picked", "tied", "token"})

_FORMS: Final[Mapping[Kind, str]] = {
    Kind.CHOICE: r".{1,200}",
    Kind.WHOLE: r"-?[0-9]{1,15}",
    Kind.DECIMAL: r"-?([0-9]{1,309}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][-+]?[0-9]{1,3})?",
    Kind.SWITCH: r"(?i:true|false)",
    Kind.LINE: rf"(?s:.{{0,{MAX_LINE}}})",
    Kind.TEXT: rf"(?s:.{{0,{MAX_TEXT}}})",
    Kind.INDEX: r"[0-9]{1,9}",
    Kind.BOX: r"[01](,-?[0-9]{1,9}){4}(,[0-9a-f]{1,64})?",
    Kind.IDS: rf".{{1,{_MAX_PACKED}}}",
}


def is_possible(kind: Kind, raw: str) -> bool:
    """Say whether `raw` has the form of a value of `kind`: a number is plain ASCII, finite, and of a size that fits."""
    if kind is Kind.SEVERAL:
        return True
    if re.fullmatch(_FORMS[kind], raw) is None:
        return False
    return kind is not Kind.DECIMAL or abs(float(raw)) < float("inf")


def value_of(kind: Kind, raw: Sequence[str]) -> Any:
    """Return what the possible values `raw` of one parameter mean to its control."""
    if kind is Kind.SEVERAL:
        return [part for part in raw if part]
    if kind is Kind.WHOLE or kind is Kind.INDEX:
        return int(raw[-1])
    if kind is Kind.DECIMAL:
        return float(raw[-1])
    return raw[-1].lower() == "true" if kind is Kind.SWITCH else raw[-1]


def written(kind: Kind, value: Any) -> list[str]:
    """Return `value` as it stands in an address; `value_of` reads it back, to the bit."""
    if kind is Kind.SEVERAL:
        return [str(part) for part in value] or [""]
    if kind is Kind.SWITCH:
        return [str(bool(value)).lower()]
    if kind is Kind.DECIMAL:
        return [repr(float(value)).removesuffix(".0")]
    return [str(value)]
