"""Where the parameters of a positional scheme come from: a model's file, its formula, or a random number generator."""

from typing import Literal

# "file": a model's file holds them. "formula": nothing is trained. "random": they stand in for trained ones.
Origin = Literal["file", "formula", "random"]
