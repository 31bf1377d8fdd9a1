"""Every proof of a graph is made twice: for the torch module, and for the saved file."""

import pytest

from tests.nn.graphs import Run, by_onnx, by_torch


@pytest.fixture(params=[by_torch, by_onnx], ids=["torch", "onnxruntime"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param
