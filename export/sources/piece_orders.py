"""Where a model's table has the pieces of its SentencePiece file: row by row as they stand there, or in another order.

Source: the tokenizers of transformers 5.24. A family that changes a text before SentencePiece sees it is none of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from export.sources.broken import broken, shortened
from export.sources.vocabulary import CONTROL, NORMAL, UNKNOWN, Vocabulary

SAVE: Final = (
    "save its tokenizer.json beside it with transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
)


@dataclass(frozen=True, slots=True)
class Order:
    """The table begins with `first`, then come the file's pieces without its first `n_left_out`, then `last`.

    `n_extra` is how many tokens <extra_id_…> follow, of which the last row is number 0.
    """

    first: tuple[str, ...] = ()
    n_left_out: int = 0
    last: tuple[str, ...] = ()
    n_extra: int = 0


_FAIRSEQ: Final = Order(("<s>", "<pad>", "</s>", "<unk>"), 3)
_OWN: Final = (
    *("fuyu", "gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text", "idefics", "idefics2", "jamba"),
    *("llama", "llava", "minicpm3", "mistral", "mixtral", "mt5", "paligemma", "persimmon", "phi3", "phimoe"),
    *("recurrent_gemma", "reformer", "shieldgemma2", "t5gemma", "umt5", "vipllava"),
)
ORDERS: Final[Mapping[str, Order]] = {
    **dict.fromkeys(_OWN, Order()),
    **dict.fromkeys(("longt5", "pix2struct", "switch_transformers", "t5"), Order(n_extra=100)),
    **dict.fromkeys(("xlm-roberta", "xlm-roberta-xl", "xmod"), replace(_FAIRSEQ, last=("<mask>",))),
    **dict.fromkeys(("mbart", "nllb-moe", "xglm"), _FAIRSEQ),  # what stands at the end, added tokens say
    "camembert": Order(("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"), 1, ("<mask>",)),
    "seamless_m4t": Order(("<pad>", "<unk>", "<s>", "</s>"), 3),
    "seamless_m4t_v2": Order(("<pad>", "<unk>", "<s>", "</s>"), 3),
    "pegasus": Order(("<pad>", "</s>", "<mask_1>", "<mask_2>", *(f"<unk_{number}>" for number in range(2, 103))), 2),
}
# By the tokenizer_class of tokenizer_config.json, which goes before the family's name.
CLASSES: Final[Mapping[str, Order]] = {
    **dict.fromkeys(("LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "ReformerTokenizer"), Order()),
    **dict.fromkeys(("MBartTokenizer", "MBart50Tokenizer", "NllbTokenizer", "XGLMTokenizer"), _FAIRSEQ),
    "T5Tokenizer": ORDERS["t5"],
    "XLMRobertaTokenizer": ORDERS["xlm-roberta"],
    "CamembertTokenizer": ORDERS["camembert"],
    "PegasusTokenizer": ORDERS["pegasus"],
    "SeamlessM4TTokenizer": ORDERS["seamless_m4t"],
}
_ANY: Final = ("PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend")
# Keys of tokenizer_config.json by which a text is another before SentencePiece sees it, and what they say then.
_CHANGES: Final[Mapping[str, bool]] = {"do_lower_case": True, "split_by_punct": True, "keep_accents": False}


def has_order(model_type: str, said: Mapping[str, Any]) -> bool:
    """Return whether the order of a family's rows is known here; `said` is what tokenizer_config.json says."""
    return _order_of(model_type, said) is not None


def in_order_of_table(vocabulary: Vocabulary, model_type: str, said: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary with the ids of the table of a family; `said` is what tokenizer_config.json says.

    Raises ModelFileError, with the remedy, where the order of this family is unknown here.
    """
    order = _order_of(model_type, said)
    if order is None:
        kind = _class_of(said)
        who = f"the family {shortened(model_type)!r}" if model_type else "a model whose config.json names no family"
        who = who if kind is None else f"the tokenizer class {shortened(kind)!r}"
        fault = f"it has the ids of SentencePiece, and which rows {who} gives them is unknown here"
        raise broken(vocabulary.label, fault, f"{SAVE}, or name the file with --tokenizer if row and id are the same")
    for key, value in _CHANGES.items():
        if said.get(key) is value:
            fault = f"tokenizer_config.json has {key} {str(value).lower()}, so texts are changed before it sees them"
            raise broken(vocabulary.label, fault, SAVE)
    n_extra = said.get("extra_ids", order.n_extra)
    if type(n_extra) is not int or not 0 <= n_extra <= 1_000:
        fault = f"tokenizer_config.json has {shortened(n_extra)} extra_ids, and 0 to 1,000 are read"
        raise broken(vocabulary.label, fault, "correct the file, or remove it")
    return _ordered(vocabulary, replace(order, n_extra=n_extra))


def _order_of(model_type: str, said: Mapping[str, Any]) -> Order | None:
    kind = _class_of(said)
    return ORDERS.get(model_type) if kind is None else CLASSES.get(kind)


def _class_of(said: Mapping[str, Any]) -> str | None:
    """Return the class of the tokenizer without the word for a fast one; None for those that stand for any."""
    kind = said.get("tokenizer_class")
    return None if kind is None or kind in _ANY else str(kind).removesuffix("Fast")


def _ordered(vocabulary: Vocabulary, order: Order) -> Vocabulary:
    n = order.n_left_out
    if NORMAL in vocabulary.types[:n] or len(vocabulary.tokens) <= n:
        fault = (
            f"its first {n} pieces are {', '.join(map(shortened, vocabulary.tokens[:n]))}, and not those of its family"
        )
        raise broken(vocabulary.label, fault, SAVE)
    extra = [f"<extra_id_{number}>" for number in reversed(range(order.n_extra))]
    kept = vocabulary.tokens[n:]
    last = [token for token in (*order.last, *extra) if token not in kept]
    first_types = [UNKNOWN if token == "<unk>" else CONTROL for token in order.first]
    shift = len(order.first) - n
    own = dict(zip(order.first, range(len(order.first)), strict=True))
    tokens = [*order.first, *kept, *last]
    settings = dict(vocabulary.settings)
    settings["scores"] = [0.0] * len(order.first) + vocabulary.scores[n:] + [0.0] * len(last)
    for name in ("unknown", "bos", "eos", "padding"):
        index = settings.get(f"{name}_token_id")
        if type(index) is int:
            was = vocabulary.tokens[index] if 0 <= index < len(vocabulary.tokens) else ""
            settings[f"{name}_token_id"] = own.get(was, index + shift)
    return Vocabulary(
        vocabulary.label,
        settings,
        tokens,
        [*first_types, *vocabulary.types[n:], *[CONTROL] * len(last)],
        vocabulary.remedy,
    )
