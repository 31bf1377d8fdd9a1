"""Tiny random models of transformers, every weight drawn anew."""

import re
import zlib
from typing import Any

import torch
import transformers
from torch import nn
from transformers import PreTrainedModel
from transformers.models.auto import modeling_auto

from tests.families.rows import Row, model_type_of
from tests.families.shrink import tiny_config


def tiny_model(name: str, row: Row) -> PreTrainedModel:
    """Return the model of a case with tiny sizes and every weight drawn anew, the same at each call."""
    config = tiny_config(model_type_of(name), **row.overrides)
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    kind = getattr(transformers, row.model) if row.model else model_class(config)
    model = kind(config).eval().float()
    draw(model, zlib.crc32(name.encode()))
    return model


def model_class(config: Any) -> type[PreTrainedModel]:
    """Return the class that people save: with its head, where the type has one."""
    names = ["MODEL_FOR_MASKED_LM_MAPPING", "MODEL_FOR_CAUSAL_LM_MAPPING", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING"]
    names += ["MODEL_FOR_MULTIMODAL_LM_MAPPING", "MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING", "MODEL_MAPPING"]
    if getattr(config, "is_encoder_decoder", False):
        names.insert(0, "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING")
    for name in names:
        mapping = getattr(modeling_auto, name)
        if type(config) in mapping:
            kind = mapping[type(config)]
            return kind[0] if isinstance(kind, tuple) else kind
    raise LookupError(f"transformers has no model of ids for {type(config).__name__}")


_NORM = re.compile(r"(norm|ln)[^.]*\.weight$|(^|[._])ln_?[^.]*\.weight$|scale", re.IGNORECASE)


_STEPS = 128  # tables and matrices of few different values are small when they are packed


def draw(model: Any, seed: int) -> None:
    """Draw every parameter anew: norm weights around 1, biases and padding rows non-zero."""
    generator = torch.Generator().manual_seed(seed)
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name in (getattr(model, "_keys_to_ignore_on_save", None) or ()):
                continue  # a table that is computed, and that the file leaves out
            if id(parameter) in tables:
                value = (0.7 * noise * _STEPS).round() / _STEPS
            elif parameter.ndim >= 2:
                value = (noise * parameter.shape[-1] ** -0.5 * _STEPS).round() / _STEPS
            elif name.endswith("bias"):
                value = 0.25 * noise
            elif name.endswith("weight") or _NORM.search(name):
                value = 1 + 0.25 * noise
            else:
                value = 0.5 * noise
            parameter.copy_(value.half().float())
    if hasattr(model, "tie_weights"):
        model.tie_weights()
