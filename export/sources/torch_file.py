"""The tensors of a PyTorch checkpoint (.bin, .pt, .pth): an archive whose numbers lie in it as they are."""

import math
from collections.abc import Mapping
from typing import Final

from export.sources.broken import broken, shortened
from export.sources.mapped import MappedFile
from export.sources.number_types import NUMBER_TYPES
from export.sources.pickled_tensors import PickledTensor, pickled_tensors
from export.sources.source import TensorInfo
from export.sources.stored import StoredTensor, is_plausible
from export.sources.zip_members import STORED, Member, zip_members

MOST_PICKLE_BYTES: Final = 25_000_000
_PICKLE: Final = "data.pkl"
AS_SAFETENSORS: Final = "save its tensors as safetensors, with safetensors.torch.save_file(model.state_dict(), …)"


def torch_tensors_in(file: MappedFile) -> dict[str, StoredTensor]:
    """Return name → tensor of the file that torch.save wrote. Nothing of torch runs, and no code that is in the file.

    Raises ModelFileError if the archive is damaged, packed or in the order of other machines, if its pickle calls
    anything but what tensors are made of, or a tensor is not in its storage.
    """
    members = zip_members(file)
    pickles = [name for name in members if name == _PICKLE or name.endswith(f"/{_PICKLE}")]
    if len(pickles) != 1:
        fault = f"it is an archive with {len(pickles)} members named {_PICKLE}, and not the one that torch.save writes"
        raise broken(file.name, fault, "unpack it, and give the path of the file of tensors within")
    folder = pickles[0].removesuffix(_PICKLE)
    if any(name.startswith(f"{folder}code/") for name in members):
        raise broken(file.name, "it is a TorchScript program", AS_SAFETENSORS)
    order = members.get(f"{folder}byteorder")
    if order is not None and _content(file, order, most=16) != b"little":
        raise broken(file.name, "its numbers are in the order of a big-endian machine", AS_SAFETENSORS)
    try:
        tensors = pickled_tensors(_content(file, members[pickles[0]], most=MOST_PICKLE_BYTES))
    except ValueError as error:
        raise broken(file.name, shortened(error, 200), AS_SAFETENSORS) from error
    return {name: _stored(file, members, folder, name, tensor) for name, tensor in tensors.items()}


def _content(file: MappedFile, member: Member, *, most: int) -> bytes:
    if member.method != STORED or member.n_bytes > most:
        fault = (
            f"member {shortened(member.name)!r} is packed or has {member.n_bytes:,} bytes, and {most:,} are the most"
        )
        raise broken(file.name, fault, AS_SAFETENSORS)
    return file.content(member.start, member.start + member.n_packed)


def _stored(
    file: MappedFile, members: Mapping[str, Member], folder: str, name: str, tensor: PickledTensor
) -> StoredTensor:
    member = members.get(f"{folder}data/{tensor.storage.key}")
    if member is None or member.method != STORED:
        fault = f"the numbers of tensor {shortened(name)!r} are missing or packed"
        raise broken(file.name, fault, AS_SAFETENSORS)
    number = NUMBER_TYPES[tensor.dtype]
    n_bytes = number.n_bits // 8
    n_items = member.n_bytes // n_bytes
    reach = [(size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)]
    n_needed = tensor.offset + sum(reach) + 1 if math.prod(tensor.shape) else 0
    if not is_plausible(tensor.shape) or n_needed > n_items:
        fault = f"tensor {shortened(name)!r} of shape {shortened(list(tensor.shape))} needs {n_needed:,} numbers"
        raise broken(file.name, f"{fault}, and its storage has {n_items:,}")
    if math.prod(tensor.shape) > n_items:  # one row that stands for many: a small file would fill the memory
        fault = f"tensor {shortened(name)!r} repeats the {n_items:,} numbers of its storage"
        raise broken(file.name, fault, "save it after tensor.contiguous()")
    is_plain = 0 in tensor.shape or _is_plain(tensor)
    strides = None if is_plain else tuple(stride * n_bytes for stride in tensor.strides)
    info = TensorInfo(name, tensor.dtype, tensor.shape)
    return StoredTensor(info, file, member.start + tensor.offset * n_bytes, strides)


def _is_plain(tensor: PickledTensor) -> bool:
    """Return whether its rows lie one after the other without gaps; the stride of an axis of one says nothing."""
    expected = 1
    for size, stride in zip(reversed(tensor.shape), reversed(tensor.strides), strict=True):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True
