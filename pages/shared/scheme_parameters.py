"""The knobs of the positional schemes as parameters of a link."""

from typing import Final

from pages.shared.parameter import Kind, Parameter

OF_SCHEMES: Final = (
    Parameter("base", Kind.DECIMAL, ("positions",), 10_000.0),
    Parameter("wave_layout", Kind.CHOICE, ("positions",), "interleaved"),
    Parameter("row_scale", Kind.SWITCH, ("positions",), default=True),
    Parameter("shaw_distance", Kind.WHOLE, ("positions",), 16),
    Parameter("xl_base", Kind.DECIMAL, ("positions",), 10_000.0),
    Parameter("xl_wave_layout", Kind.CHOICE, ("positions",), "interleaved"),
    Parameter("bert_distance", Kind.WHOLE, ("positions",), 512),
    Parameter("bert_query_distance", Kind.WHOLE, ("positions",), 512),
    Parameter("deberta_distance", Kind.WHOLE, ("positions",), 512),
    Parameter("deberta_buckets", Kind.WHOLE, ("positions",), 0),
    Parameter("deberta_released", Kind.SWITCH, ("positions",), default=True),
    Parameter("t5_buckets", Kind.WHOLE, ("positions",), 32),
    Parameter("t5_distance", Kind.WHOLE, ("positions",), 128),
    Parameter("t5_both", Kind.SWITCH, ("positions",), default=True),
    Parameter("alibi_bias_max", Kind.DECIMAL, ("positions",), 8.0),
    Parameter("rope_base", Kind.DECIMAL, ("positions",), 10_000.0),
    Parameter("layout", Kind.CHOICE, ("positions",), "half"),
    Parameter("rope_rotary_dim", Kind.WHOLE, ("positions",), 0),
    Parameter("scaling", Kind.CHOICE, ("positions",), "none"),
    # The numbers of the extensions: their defaults are those of the extension that is chosen.
    Parameter("rope_attention_factor", Kind.DECIMAL, ("positions",)),
    Parameter("rope_beta_fast", Kind.DECIMAL, ("positions",)),
    Parameter("rope_beta_slow", Kind.DECIMAL, ("positions",)),
    Parameter("rope_factor", Kind.DECIMAL, ("positions",)),
    Parameter("rope_high_frequency_factor", Kind.DECIMAL, ("positions",)),
    Parameter("rope_is_truncated", Kind.SWITCH, ("positions",)),
    Parameter("rope_long_factors", Kind.LINE, ("positions",)),
    Parameter("rope_long_mscale", Kind.DECIMAL, ("positions",)),
    Parameter("rope_low_frequency_factor", Kind.DECIMAL, ("positions",)),
    Parameter("rope_mscale", Kind.DECIMAL, ("positions",)),
    Parameter("rope_mscale_all_dim", Kind.DECIMAL, ("positions",)),
    Parameter("rope_original_length", Kind.WHOLE, ("positions",)),
    Parameter("rope_proportion", Kind.DECIMAL, ("positions",)),
    Parameter("rope_short_factors", Kind.LINE, ("positions",)),
    Parameter("rope_short_mscale", Kind.DECIMAL, ("positions",)),
)
