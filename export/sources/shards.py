"""Tensors in several files, each named by an index: {"weight_map": {tensor: file}}."""

from typing import Final

from export.sources.broken import broken, shortened
from export.sources.folder import Folder
from export.sources.mapped import MappedFile, map_file
from export.sources.safetensors import safetensors_in
from export.sources.stored import StoredTensor
from export.sources.torch_file import torch_tensors_in

MOST_SHARDS: Final = 2_000
_WEIGHT_MAP: Final = "weight_map"


def opened_shards(folder: Folder, index: str) -> tuple[dict[str, StoredTensor], list[MappedFile]]:
    """Return the tensors that the index `index` names, each in the file that it names, and those files.

    Raises ModelFileError if the index is broken or names a path, a file is missing, or has not the tensor that it
    should have.
    """
    weight_map = (folder.json_object(index) or {}).get(_WEIGHT_MAP)
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise broken(index, f"it has no {_WEIGHT_MAP} of tensors and the names of their files")
    names = sorted(set(weight_map.values()))
    if len(names) > MOST_SHARDS:
        raise broken(
            index, f"it names {len(names):,} files, and {MOST_SHARDS:,} are the most", "save it in fewer files"
        )
    paths = {name: folder.file(name) for name in names}
    missing = sorted(set(names) - set(folder.names()))
    if missing:
        fault = f"{len(missing)} of its {len(names)} files are not in the folder, {shortened(missing[0])!r} among them"
        remedy = "fetch them too, or open the one file that holds the table by its own path"
        raise broken(index, fault, remedy)
    files = {name: map_file(path) for name, path in paths.items()}
    read = torch_tensors_in if index.endswith(".bin.index.json") else safetensors_in
    shards = {name: read(file) for name, file in files.items()}
    for tensor, name in weight_map.items():
        if tensor not in shards[name]:
            raise broken(name, f"tensor {shortened(tensor)!r} is not in it, and {index} says that it is")
    return {tensor: shards[name][tensor] for tensor, name in weight_map.items()}, list(files.values())
