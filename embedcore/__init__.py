"""The input layer of language models, with real numbers: text → tokens → rows → positions → sums → maps."""
