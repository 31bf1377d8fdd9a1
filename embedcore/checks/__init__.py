"""Checks in front of the mathematics: sizes, arrays and token ids as a caller gives them, in the same words."""
