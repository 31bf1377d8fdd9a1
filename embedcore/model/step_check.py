"""What a file's steps must be: each uses weights that lie in the file, of the widths that the vectors have there."""

from collections.abc import Iterable, Mapping, Sequence

from onnx import TensorProto

from embedcore.contract import POSITION_EMBEDDINGS, ModelMetadata
from embedcore.layer.steps import KINDS, SCALES, Step, input_steps, key_steps, query_steps
from embedcore.schemes.outputs import output_axes

_Sizes = Mapping[str, tuple[int, ...]]


def step_breaches(metadata: ModelMetadata, tensors: Iterable[TensorProto]) -> list[str]:
    """Return, in words, where a file's steps do not fit its weights and sizes; empty where they do, or it has none.

    The steps were read before, by `embedcore.model.file.metadata_of`.
    """
    before, queries, keys = input_steps(metadata), query_steps(metadata), key_steps(metadata)
    if metadata.stored_width != metadata.d_model and not before:
        return [f"its table is {metadata.stored_width} wide and d_model {metadata.d_model}, and no step lies between"]
    is_added = any(step.kind == "positions" for step in before)
    if metadata.contract_version > 1 and POSITION_EMBEDDINGS in output_axes(metadata) and not is_added:
        return [f"its scheme {metadata.position_scheme!r} adds vectors, and 0 of its {len(before)} steps add them"]
    if bool(queries) != bool(keys):
        return [f"it has {len(queries)} steps to queries and {len(keys)} to keys: both, or none"]
    stored = {tensor.name: tuple(tensor.dims) for tensor in tensors}
    breaches: list[str] = []
    for name, steps, start, end in (
        ("input_steps", before, metadata.stored_width, metadata.d_model),
        ("query_steps", queries, metadata.d_model, metadata.n_heads * metadata.head_dim),
        ("key_steps", keys, metadata.d_model, metadata.n_kv_heads * metadata.head_dim),
    ):
        breaches += _walked(name, steps, int(start), int(end), stored) if steps else []
    return breaches


def _walked(name: str, steps: Sequence[Step], width: int, end: int, stored: _Sizes) -> list[str]:
    breaches = []
    for number, step in enumerate(steps, 1):
        breaches += [f"{name} {number} ({step.kind}) {fault}" for fault in _faults(step, width, stored)]
        width = step.width_after(width)
    if width != end:
        breaches.append(f"{name} end with vectors {width} wide, not {end}")
    return breaches


def _faults(step: Step, width: int, stored: _Sizes) -> list[str]:
    heads = step.numbers.get("heads", 1)
    faults = []
    if heads < 1 or width % heads:
        return [f"cuts vectors {width} wide into {heads} heads"]
    first = step.numbers.get("first", width)
    if "first" in step.numbers and (heads > 1 or not 1 <= first <= width):
        return [f"normalizes the first {first} numbers of vectors {width} wide in {heads} heads"]
    if "epsilon" in step.numbers and step.numbers["epsilon"] < 0:
        faults.append(f"has epsilon {step.numbers['epsilon']}, below 0")
    if step.kind == "mask_share" and not 0 < step.numbers["kept"] <= 1:
        faults.append(f"keeps a share of {step.numbers['kept']}, not one above 0 and up to 1")
    sizes = {"width": width, "out": step.width_after(width)}
    for part, name in step.weights.items():
        axes, size = KINDS[step.kind].weights[part], _size(name, stored)
        of_norm = {(first,), (first // heads,)}  # of all heads in a row, or of one
        fitting = of_norm if axes == ("normed",) else {tuple(sizes[axis] for axis in axes)}
        if size not in fitting:
            faults.append(f"takes {part} {name[:60]!r}, which is {list(size) or 'missing'}")
    if step.kind == "positions" and ("padding" in step.weights) != ("padding_id" in step.numbers):
        faults.append("says the padding token's id or its vector, not both")
    return faults


def _size(name: str, stored: _Sizes) -> tuple[int, ...]:
    """Return the shape of a weight; that of one in blocks is the shape of the numbers that it stands for."""
    size = stored.get(name, ())
    if name + SCALES in stored and len(size) == 3:
        return (size[0], size[1] * size[2])
    return size
