"""Where models come from: checkpoints of every format, read one tensor at a time and without torch."""
