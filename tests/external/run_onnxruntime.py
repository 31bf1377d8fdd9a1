"""Run every case of a folder in the ONNX Runtime of this environment: python run_onnxruntime.py FOLDER ANSWER."""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime

folder, answer = Path(sys.argv[1]), Path(sys.argv[2])
onnxruntime.set_default_logger_severity(4)
results: dict[str, Any] = {"version": onnxruntime.__version__, "cases": []}
for case in json.loads((folder / "manifest.json").read_text()):
    runs = []
    try:
        session = onnxruntime.InferenceSession(str(folder / case["file"]), providers=["CPUExecutionProvider"])
        for index, run in enumerate(case["runs"]):
            given = {
                name: np.fromfile(folder / stored["file"], stored["dtype"]).reshape(stored["shape"])
                for name, stored in run["inputs"].items()
            }
            outputs = {}
            for value, result in zip(session.get_outputs(), session.run(None, given), strict=True):
                file = f"{answer.stem}.{Path(case['file']).stem}.{index}.{value.name}.bin"
                np.ascontiguousarray(result).tofile(folder / file)
                outputs[value.name] = {"dtype": result.dtype.name, "shape": list(result.shape), "file": file}
            runs.append(outputs)
        results["cases"].append({"runs": runs})
    except Exception as error:  # it is the finding
        results["cases"].append({"error": str(error)[:300]})
answer.write_text(json.dumps(results))
