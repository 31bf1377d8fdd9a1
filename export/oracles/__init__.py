"""The oracles that `verify` compares files with: each scheme's outputs, in float64 numpy from the papers' formulas.

There is one file for each scheme, or for a family with one formula. It lists its oracles in `ORACLES` by the names of
the schemes, and `registry` finds them. Nothing here comes from `embedcore.nn`, so that a mistake there is not repeated
here. The tests have oracles of their own.
"""
