"""Text → tokens: the tokenizers, their vocabularies, labels, windows over token ids, and the search for a token."""
