"""The views of the Positions page: one file each, each a `draw` of a Comparison."""
