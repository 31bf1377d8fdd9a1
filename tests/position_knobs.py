"""The number boxes of the Positions page: each with a value that moves what is drawn."""

# The box's label, a value, where it stands in the link, and the schemes to see it with.
KNOBS = [
    ("Base of the waves", 100, "base=100", ["sinusoidal"]),
    ("Base of the waves", 100, "xl_base=100", ["transformer-xl"]),
    ("Largest distance", 2, "shaw_distance=2", ["shaw"]),
    ("Largest distance", 2, "bert_distance=2", ["bert-relative-key"]),
    ("Largest distance", 2, "bert_query_distance=2", ["bert-relative-key-query"]),
    ("Largest distance", 3, "deberta_distance=3", ["deberta"]),
    ("Buckets (0 for none)", 6, "deberta_buckets=6", ["deberta"]),
    ("Number of buckets", 8, "t5_buckets=8", ["t5"]),
    ("Largest distance", 9, "t5_distance=9", ["t5"]),
    ("Seed of random parameters", 7, "scheme_seed=7", ["shaw"]),
    ("Base of the frequencies", 100, "rope_base=100", ["rope"]),
    ("Rotated dimensions (0 for all)", 4, "rope_rotary_dim=4", ["rope"]),
    ("Exponent of the smallest slope", 16, "alibi_bias_max=16", ["alibi"]),
]

# The extension of rope, its box's label, a value, and where it stands in the link.
EXTENSION_KNOBS = [
    ("linear", "Extension factor", 8, "rope_factor=8"),
    ("ntk", "Extension factor", 8, "rope_factor=8"),
    ("dynamic", "Trained length", 4, "rope_original_length=4"),
    ("stepped", "Trained length", 4, "rope_original_length=4"),
    ("yarn", "mscale", 2, "rope_mscale=2"),
    ("yarn", "mscale_all_dim", 1, "rope_mscale_all_dim=1"),
    ("longrope", "Attention factor (0 for the default)", 2, "rope_attention_factor=2"),
    ("longrope", "short_mscale (0 for none)", 2, "rope_short_mscale=2"),
    ("proportional", "Extension factor", 2, "rope_factor=2"),
    ("proportional", "Proportion of rotated pairs", 0.5, "rope_proportion=0.5"),
    ("yarn", "Extension factor", 8, "rope_factor=8"),
    ("yarn", "Trained length", 16, "rope_original_length=16"),
    ("yarn", "beta_fast (full turns)", 4, "rope_beta_fast=4"),
    ("yarn", "beta_slow (full turns)", 0.1, "rope_beta_slow=0.1"),
    ("yarn", "Attention factor (0 for the default)", 2, "rope_attention_factor=2"),
    ("llama3", "low_frequency_factor", 0.01, "rope_low_frequency_factor=0.01"),
    ("llama3", "high_frequency_factor", 90, "rope_high_frequency_factor=90"),
]
