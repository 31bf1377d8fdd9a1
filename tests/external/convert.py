"""Put every model file of a case folder through a tool: python convert.py TOOL FOLDER, in the converters' environment.

TOOL is float16, onnxslim, onnxsim or graphsurgeon. `TOOL/manifest.json` lists the cases again, with what came out.
"""

import json
import sys
from pathlib import Path

import onnx


def float16(model: onnx.ModelProto) -> onnx.ModelProto:
    from onnxconverter_common import float16

    return float16.convert_float_to_float16(model, keep_io_types=True)


def onnxslim(model: onnx.ModelProto) -> onnx.ModelProto:
    import onnxslim

    return onnxslim.slim(model)


def onnxsim(model: onnx.ModelProto) -> onnx.ModelProto:
    import onnxsim

    simplified, is_equal = onnxsim.simplify(model)
    assert is_equal
    return simplified


def graphsurgeon(model: onnx.ModelProto) -> onnx.ModelProto:
    import onnx_graphsurgeon

    graph = onnx_graphsurgeon.import_onnx(model)
    return onnx_graphsurgeon.export_onnx(graph.cleanup().toposort())


tool, folder = sys.argv[1], Path(sys.argv[2])
(folder / tool).mkdir(exist_ok=True)
cases = [case for case in json.loads((folder / "manifest.json").read_text()) if not case["kind"].startswith("graphs/")]
faults: dict[str, str] = {}
made = []
for case in cases:
    try:
        given = onnx.load(folder / case["file"])
        if tool == "float16" and any(
            tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in given.graph.initializer
        ):
            continue  # its rows are float16 already
        model = globals()[tool](given)
    except Exception as error:  # it is the finding
        faults[case["file"]] = f"{type(error).__name__}: {error}"[:300]
        continue
    case["file"] = f"{tool}/{case['file']}"
    onnx.save(model, folder / case["file"])
    made.append(case)
(folder / f"{tool}.json").write_text(json.dumps({"cases": made, "faults": faults}))
