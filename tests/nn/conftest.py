"""Every test of a graph runs twice: with the torch module, and with the saved file."""

import pytest

from tests.nn.graphs import Run, by_onnx, by_torch


@pytest.fixture(params=[by_torch, by_onnx], ids=["torch", "onnxruntime"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param
