"""The space of a vocabulary's vectors: distances, nearest neighbors, sums and differences of tokens."""
