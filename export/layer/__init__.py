"""From the arrays of a checkpoint to a model file, without torch: the layer as data, its operators, and the writer."""
