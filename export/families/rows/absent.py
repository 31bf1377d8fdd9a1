"""Model types that have no row, each with the reason: what enters block 1 is no row of one table for each token."""

from collections.abc import Mapping
from typing import Final

_CODES: Final = "its tokens are codes of sound, and block 1 gets the sum of one row for each codebook"

ABSENT: Final[Mapping[str, str]] = {
    "decision_transformer": "it reads states, actions and returns as numbers: it has no token table",
    "clvp_decoder": "its tokens are codes of speech, and vectors of the text stand before them in block 1",
    "canine": "it has no token table: a character's vector is joined from the rows of eight hashed buckets",
    "blt": "it has no plain token table: a byte's row is summed with the rows of hashed groups of bytes",
    "perceiver": "block 1 gets learned vectors of its own, and the tokens' rows enter by attention",
    "roc_bert": "block 1 gets a token's row joined with those of its shape and its pronunciation, of two more tables",
    "videoprism": "a learned vector follows the text in block 1, which is the place of no token",
    "videoprism_text_model": "a learned vector follows the text in block 1, which is the place of no token",
    "bark": _CODES,
    "csm": _CODES,
    "dia": _CODES,
    "dia_decoder": _CODES,
    "higgs_audio_v2": _CODES,
    "kyutai_speech_to_text": _CODES,
    "moshi_depth": _CODES,
    "musicgen": _CODES,
    "musicgen_decoder": _CODES,
    "musicgen_melody": _CODES,
    "musicgen_melody_decoder": _CODES,
}
