"""Run every case of a folder in the OpenVINO of this environment, on the CPU: python run_openvino.py FOLDER ANSWER."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino

folder, answer = Path(sys.argv[1]), Path(sys.argv[2])
core = openvino.Core()
core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
results: dict[str, Any] = {"version": openvino.__version__.split("-")[0], "cases": []}
for case in json.loads((folder / "manifest.json").read_text()):
    runs = []
    try:
        model = core.compile_model(str(folder / case["file"]), "CPU")
        for index, run in enumerate(case["runs"]):
            given = {
                name: np.fromfile(folder / stored["file"], stored["dtype"]).reshape(stored["shape"])
                for name, stored in run["inputs"].items()
            }
            outputs, computed = {}, model(given)
            for place, output in enumerate(model.outputs):
                result = computed[output]
                file = f"{answer.stem}.{Path(case['file']).stem}.{index}.{place}.bin"
                np.ascontiguousarray(result).tofile(folder / file)
                for name in output.get_names():
                    outputs[name] = {"dtype": result.dtype.name, "shape": list(result.shape), "file": file}
            runs.append(outputs)
        results["cases"].append({"runs": runs})
    except Exception as error:  # it is the finding
        results["cases"].append({"error": " ".join(str(error).split())[:300]})
answer.write_text(json.dumps(results))
