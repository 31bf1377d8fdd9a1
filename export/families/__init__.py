"""The families of models, as data: which tensors make what enters block 1, by which steps, and its queries and keys."""
