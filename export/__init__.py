"""torch → ONNX: `python -m export`, the command line that makes, fills and checks model files."""
