"""What runs a graph: ONNX Runtime on CUDA or the CPU, and the small graphs that come with the library."""
