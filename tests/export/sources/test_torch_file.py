"""PyTorch checkpoints: the tensors that torch itself reads, and no code that a pickle may have in it."""

import collections
import io
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch

from embedcore.errors import ModelFileError
from export.sources.open import open_source
from tests.export.sources.test_safetensors import TENSORS

WIDENED = {torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2}


def numbers(tensor):
    """Return what numpy has of a tensor: what is narrower than numpy's types as float32."""
    return (tensor.float() if tensor.dtype in WIDENED else tensor).detach().numpy()


def check(path, tensors):
    source = open_source(path)
    assert list(source.tensors) == list(tensors)
    for name, tensor in tensors.items():
        assert source.tensors[name].shape == tuple(tensor.shape)
        for rows in (None, slice(1, 2)):
            got, expected = source.read(name, rows), numbers(tensor)
            expected = expected if rows is None else expected[rows]
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
    return source


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pytorch_model.bin"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_type_is_read_as_torch_reads_it(path, protocol):
    more = {f"u{bits}": torch.arange(6).to(getattr(torch, f"uint{bits}")).reshape(3, 2) for bits in (16, 32, 64)}
    torch.save(TENSORS | more, path, pickle_protocol=protocol)
    source = check(path, TENSORS | more)
    assert source.label == "pytorch_model.bin, PyTorch"
    assert [source.tensors[name].dtype for name in TENSORS] == list(TENSORS)


def test_a_models_own_state_is_read_with_its_tied_weights(path):
    model = torch.nn.Sequential(torch.nn.Embedding(7, 4), torch.nn.Linear(4, 7, bias=False), torch.nn.BatchNorm1d(7))
    model[1].weight = model[0].weight
    torch.save(model.state_dict(), path)
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.ndim}
    source = open_source(path)
    for name, tensor in state.items():
        np.testing.assert_array_equal(source.read(name), tensor)
    assert source.read("2.num_batches_tracked").shape == ()
    torch.save(dict(model.named_parameters()), path)  # parameters, not their data
    check(path, dict(model.named_parameters()))


def test_views_keep_their_strides_and_their_offset(path):
    whole = torch.arange(120, dtype=torch.float32).reshape(4, 5, 6)
    check_views = {
        "transposed": whole.permute(2, 0, 1),
        "later": whole[1:, 2:4, ::2],
        "column": whole[:, :, 3],
        "one": whole[3:4, 1:2],
        "bf16": whole.bfloat16().permute(1, 2, 0)[1:],
        "empty": whole[:0],
    }
    torch.save(check_views, path)
    check(path, check_views)


def test_a_contiguous_tensor_is_the_files_own_pages(path):
    torch.save({"wte": torch.ones(5, 4)}, path)
    assert not open_source(path).read("wte").flags.owndata
    assert not open_source(path).read("wte").flags.writeable


@pytest.mark.parametrize("part", ["state_dict", "model_state_dict", "model", "module"])
def test_the_model_of_a_training_run_is_taken(path, part):
    torch.save(
        {"epoch": 3, "loss": 0.5, "names": ["a"], part: {"wte": torch.ones(2, 2)}, "optimizer": {"state": {}}}, path
    )
    check(path, {"wte": torch.ones(2, 2)})


def test_a_tensor_alone_is_the_table(path):
    torch.save(torch.ones(3, 2), path)
    check(path, {"table": torch.ones(3, 2)})


def test_a_dictionary_with_numbers_as_names_is_read(path):
    torch.save(collections.OrderedDict([(0, torch.ones(3, 2))]), path)
    assert list(open_source(path).tensors) == ["0"]


def test_shards_are_read_by_their_index(tmp_path):
    torch.save({"wte": torch.ones(3, 2)}, tmp_path / "pytorch_model-1.bin")
    torch.save({"last": torch.zeros(2)}, tmp_path / "pytorch_model-2.bin")
    index = '{"weight_map": {"wte": "pytorch_model-1.bin", "last": "pytorch_model-2.bin"}}'
    (tmp_path / "pytorch_model.bin.index.json").write_text(index)
    check(tmp_path, {"wte": torch.ones(3, 2), "last": torch.zeros(2)})


def rewritten(path, **changed):
    """Write the archive again: members by their last name, as these bytes, left out where None."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            content = changed.get(name.rsplit("/", 1)[1].replace(".", "_"), content)
            if content is not None:
                archive.writestr(name, content)


class Runs:
    """An object whose pickle calls a function of the system."""

    def __reduce__(self):
        return os.system, ("touch run-by-the-pickle",)


class Evaluates:
    def __reduce__(self):
        return eval, ("__import__('pathlib').Path('run-by-the-pickle').touch()",)


class Plain:
    """An object of a class of ours, made without a call."""


CODE = {
    "a function": (Runs(), r"it calls (posix|nt|os)\.system: it is a pickle with code in it"),
    "eval": (Evaluates(), r"it calls (builtins|__builtin__)\.eval: it is a pickle with code in it"),
    "an object": (Plain(), r"it calls (copyreg|copy_reg)?\._reconstructor|it calls tests\.\S+\.Plain: it is a pickle with code in it"),
    "a module": (torch.nn.Linear(2, 2), r"it calls \S+: it is a pickle with code in it"),
    "a set": ({1, 2}, r"it calls (builtins|__builtin__)\.set|the instruction EMPTY_SET"),
    "an array": (np.ones(2), r"it calls (numpy\S+|_codecs\.encode): it is a pickle with code in it|the instruction SHORT_BINBYTES"),
}  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(("value", "message"), CODE.values(), ids=CODE)
def test_a_pickle_with_code_in_it_is_refused_by_the_name_of_what_it_calls(path, value, message, protocol, monkeypatch):
    monkeypatch.chdir(path.parent)
    torch.save({"wte": torch.ones(2, 2)}, path)
    rewritten(path, data_pkl=pickle.dumps({"wte": value}, protocol=protocol))
    with pytest.raises(ModelFileError, match=message) as caught:
        open_source(path)
    assert str(caught.value).startswith("pytorch_model.bin: ")
    assert "save its tensors as safetensors" in str(caught.value)
    assert not (path.parent / "run-by-the-pickle").exists()


def test_the_code_would_have_run(path, monkeypatch):
    """The refusal is not of a harmless file: Python's own unpickler runs it."""
    monkeypatch.chdir(path.parent)
    pickle.loads(pickle.dumps(Runs()))
    assert (path.parent / "run-by-the-pickle").exists()


HEAD = b"\x80\x02"
BROKEN_PICKLES = {
    "empty": (b"", r"exhausted before seeing STOP|no end"),
    "cut": (HEAD + b"}q\0(X\3\0\0\0wte", r"exhausted"),
    "no end": (HEAD + b"}", r"exhausted"),
    "nothing": (HEAD + b".", r"takes values that nothing put there"),
    "memory": (HEAD + b"h\x07.", r"takes values that nothing put there"),
    "mark": (HEAD + b"t.", r"takes values that nothing put there"),
    "below a mark": (HEAD + b"}(s.", r"takes values that nothing put there"),
    "odd items": (HEAD + b"}(K\1u.", r"takes values that nothing put there"),
    "a list": (HEAD + b"].", r"it holds a list and no dictionary of tensors"),
    "no tensor": (HEAD + b"}.", r"no tensor among the 0 values"),
    "items of a list": (HEAD + b"]K\1K\2s.", r"sets items of what is no dictionary"),
    "appended to a dictionary": (HEAD + b"}K\1a.", r"appends to what is no list"),
    "a key of keys": (HEAD + b"})K\1s.", r"has a key of type tuple"),
    "attributes of a list": (HEAD + b"]}b.", r"sets attributes of what is no dictionary"),
    "attributes of a tensor class": (HEAD + b"ctorch\nTensor\n}b.", r"sets attributes of what is no dictionary"),
    "an extension": (HEAD + b"\x82\1.", r"the instruction EXT1, which no checkpoint"),
    "an object": (HEAD + b"cos\nsystem\n)\x81.", r"it calls os.system: it is a pickle with code in it"),
    "an object by name": (HEAD + b"(ios\nsystem\n.", r"it calls os.system: it is a pickle with code in it"),
    "an object without a name": (HEAD + b"))\x81.", r"it calls something without a name"),
    "a call of a text": (HEAD + b"X\1\0\0\0a)R.", r"it calls something without a name"),
    "arguments that are none": (HEAD + b"ccollections\nOrderedDict\n]R.", r"it calls collections.OrderedDict"),
    "a name of lists": (b"\x80\x04]]\x93.", r"takes values that nothing put there"),
    "a dictionary of numbers": (HEAD + b"ccollections\nOrderedDict\nK\1\x85R.", r"a dictionary of what are no pairs"),
    "a parameter of a number": (HEAD + b"ctorch._utils\n_rebuild_parameter\nK\1\x85R.", r"a parameter of what is no tensor"),
    "a tensor of nothing": (HEAD + b"ctorch._utils\n_rebuild_tensor_v2\n)R.", r"makes a tensor of other things"),
    "a tensor of a type": (HEAD + b"ctorch._utils\n_rebuild_tensor_v3\n)R.", r"makes a tensor of other things"),
    "something outside": (HEAD + b"K\1Q.", r"something outside of it that is no storage"),
    "a long number": (HEAD + b"\x8b\xff\xff\xff\x7f.", r"instruction LONG4|not enough|exhausted|expected"),
    "a long line": (HEAD + b"I" + b"9" * 100_000 + b"\n.", r"pytorch_model.bin: "),
    "far memory": (HEAD + b"}r\xff\xff\xff\xff.", r"no tensor among"),
    "half of a character": (HEAD + b"}X\3\0\0\0\xed\xa0\x80K\1s.", r"no tensor among"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BROKEN_PICKLES.values(), ids=BROKEN_PICKLES)
def test_a_broken_pickle_is_refused(path, content, message):
    torch.save({"wte": torch.ones(2, 2)}, path)
    rewritten(path, data_pkl=content)
    with pytest.raises(ModelFileError, match=message) as caught:
        open_source(path)
    assert len(str(caught.value)) < 500


def tensor_pickle(storage="torch\nFloatStorage", key="0", n_items=4, offset=0, shape=(2, 2), strides=(2, 1)):
    """Return a pickle of {"wte": tensor}, as torch writes it, with other numbers in it."""
    numbers = [pickle.dumps(value, 2)[2:-1] for value in (key, "cpu", n_items, offset, shape, strides)]
    key, device, n_items, offset, shape, strides = numbers
    name = b"X\3\0\0\0wte"
    stored = b"(X\7\0\0\0storagec" + storage.encode() + b"\n" + key + device + n_items + b"tQ"
    more = b"\x89ccollections\nOrderedDict\n)R"
    return (
        HEAD
        + b"}"
        + name
        + b"ctorch._utils\n_rebuild_tensor_v2\n("
        + stored
        + offset
        + shape
        + strides
        + more
        + b"tRs."
    )


LYING_TENSORS = {
    "offset": ({"offset": 1}, r"'wte' of shape \[2, 2\] needs 5 numbers, and its storage has 4"),
    "shape": ({"shape": (3, 2)}, r"needs 6 numbers, and its storage has 4"),
    "strides": ({"strides": (3, 1)}, r"needs 5 numbers"),
    "absurd shape": ({"shape": (2**60, 2**60)}, r"shape \[\d+, \d+\] needs \S+ numbers"),
    "repeated": ({"shape": (10**9, 10**9), "strides": (0, 0)}, r"storage has 4|repeats the 4 numbers of its storage"),
    "repeated a little": ({"shape": (3, 2), "strides": (0, 1)}, r"repeats the 4 numbers of its storage: save it after tensor.contiguous"),
    "negative": ({"strides": (-2, 1)}, r"not whole numbers from 0 on"),
    "negative offset": ({"offset": -1}, r"not whole numbers from 0 on"),
    "truth": ({"shape": (True, 2)}, r"not whole numbers from 0 on"),
    "one stride": ({"strides": (2,)}, r"sizes and strides are not two lists of one length"),
    "nine axes": ({"shape": (1,) * 9, "strides": (1,) * 9}, r"needs 1 numbers"),
    "no member": ({"key": "7"}, r"the numbers of tensor 'wte' are missing or packed"),
    "a path": ({"key": "../data.pkl"}, r"the numbers of tensor 'wte' are missing or packed"),
    "a type": ({"storage": "torch\nComplexFloatStorage"}, r"stores numbers as torch.ComplexFloatStorage, a type that is not known"),
    "a type of theirs": ({"storage": "os\nsystem"}, r"stores numbers as os.system, a type that is not known"),
    "wider": ({"storage": "torch\nDoubleStorage"}, r"needs 4 numbers, and its storage has 2"),
}  # fmt: skip


@pytest.mark.parametrize(("numbers", "message"), LYING_TENSORS.values(), ids=LYING_TENSORS)
def test_a_tensor_that_is_not_in_its_storage_is_refused(path, numbers, message):
    torch.save({"wte": torch.ones(2, 2)}, path)
    rewritten(path, data_pkl=tensor_pickle())
    check(path, {"wte": torch.ones(2, 2)})
    rewritten(path, data_pkl=tensor_pickle(**numbers))
    with pytest.raises(ModelFileError, match=message):
        open_source(path)


def test_a_big_endian_file_is_refused(path):
    torch.save({"wte": torch.ones(2, 2)}, path)
    rewritten(path, byteorder=b"big")
    with pytest.raises(ModelFileError, match=r"order of a big-endian machine: save its tensors as safetensors"):
        open_source(path)
    rewritten(path, byteorder=None)  # files of before torch 2.1 do not say it
    check(path, {"wte": torch.ones(2, 2)})


def test_a_program_and_other_archives_are_refused(path):
    torch.save({"wte": torch.ones(2, 2)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{archive.namelist()[0].split('/')[0]}/code/__torch__.py", "def forward(self): ...")
    with pytest.raises(ModelFileError, match=r"it is a TorchScript program"):
        open_source(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("glove.txt", "a 1 2")
    with pytest.raises(ModelFileError, match=r"0 members named data.pkl.*: unpack it"):
        open_source(path)


def test_packed_numbers_are_refused(path):
    torch.save({"wte": torch.zeros(50, 50)}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for packed in ("data.pkl", "data/0"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content, zipfile.ZIP_DEFLATED if name.endswith(packed) else zipfile.ZIP_STORED)
        with pytest.raises(ModelFileError, match=r"packed.*: save its tensors as safetensors"):
            open_source(path)


def test_no_torch_is_needed(path):
    torch.save({"wte": torch.ones(2, 2)}, path)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path; from export.sources.open import open_source\n"
        f"print(open_source(Path({str(path)!r})).read('wte').sum())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "4.0\n", done.stderr


def test_a_file_of_before_torch_1_6_is_refused_with_what_to_do(path):
    buffer = io.BytesIO()
    torch.save({"wte": torch.ones(2, 2)}, buffer, _use_new_zipfile_serialization=False)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=r"before torch 1.6.*: save its tensors as safetensors"):
        open_source(path)
