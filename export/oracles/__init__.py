"""What each positional scheme gives, in float64 numpy from the papers' formulas alone: `verify` holds files to it.

One file for each scheme, or for a family with one formula; each lists its own in `ORACLES`, by the schemes' names, and
`registry` finds them. Nothing here comes from `embedcore.nn`: a mistake there cannot repeat itself here. The tests have
oracles of their own.
"""
