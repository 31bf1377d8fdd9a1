"""What people put model files through still gives the oracle's numbers: float16, simplifiers, an editor."""

import json
import os

import numpy as np
import onnx
import pytest

from embedcore.model.catalog import MODELS_FOLDER
from tests.external.cases import FILES
from tests.external.compared import compare
from tests.external.environments import HERE, python, run
from tests.external.test_runtimes import BOUND

pytestmark = pytest.mark.external

# float16 keeps 11 bits; a layer norm of 24 numbers, and waves of 131,072 places times a factor, lose a few of them.
HALF = 1e-2


@pytest.fixture
def models(cases, tmp_path):
    """Return a folder with the model files' cases alone, whose files are those of `cases`."""
    for path in cases.iterdir():
        if path.is_file():
            os.link(path, tmp_path / path.name)
    return tmp_path


@pytest.mark.parametrize(("tool", "bound"), [("float16", HALF), ("onnxslim", BOUND), ("onnxsim", BOUND), ("graphsurgeon", BOUND)])  # fmt: skip
def test_a_converted_file_gives_the_oracles_numbers(tool, bound, models):
    environment = python("converters")
    run(environment, HERE / "convert.py", tool, models)
    made = json.loads((models / f"{tool}.json").read_text())
    assert made["faults"] == {}
    assert len(made["cases"]) >= (len(FILES) // 2 if tool == "float16" else len(FILES))
    (models / "manifest.json").unlink()
    (models / "manifest.json").write_text(json.dumps(made["cases"]))
    run(environment, HERE / "run_onnxruntime.py", models, models / "answer.json")
    for deviation in compare(models, models / "answer.json"):
        assert deviation.fault == "", deviation
        assert deviation.error <= bound, deviation
    if tool == "float16":  # the conversion is real, and inputs and outputs keep their types
        model = onnx.load(models / "float16" / "toy.onnx")
        assert {tensor.data_type for tensor in model.graph.initializer if tensor.name == "table"} == {
            onnx.TensorProto.FLOAT16
        }
        assert {value.type.tensor_type.elem_type for value in model.graph.output} == {onnx.TensorProto.FLOAT}


def test_the_toys_numbers_are_not_lost_in_float16(models):
    """The table is the one that the book prints; float16 keeps 11 bits of each number."""
    run(python("converters"), HERE / "convert.py", "float16", models)
    tensors = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(models / "float16" / "toy.onnx").graph.initializer
    }
    kept = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(MODELS_FOLDER / "toy.onnx").graph.initializer
    }
    np.testing.assert_allclose(tensors["table"].astype(np.float64), kept["table"], rtol=2**-11, atol=0)
