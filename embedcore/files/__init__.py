"""Files that may hold anything, read within bounds: plain files, JSON, numpy arrays, and the state of a file."""
