"""One file a group of families; each lists its rows as FAMILIES."""
