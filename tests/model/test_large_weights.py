"""A large table is held once: the session, the table and the search point into the array that was checked."""

import numpy as np
import onnx
import pytest

import embedcore
from embedcore.model import catalog
from embedcore.model.file import load_model_file, weights
from embedcore.model.large_weights import LEAST
from embedcore.model.onnx_bytes import cut_weights
from embedcore.space.neighbors import NeighborIndex


@pytest.fixture(scope="module")
def path():
    return catalog.find("random-gpt2")


def test_the_graph_without_its_weights_and_the_weights_are_the_file(path):
    content = path.read_bytes()
    skeleton, is_cut = cut_weights(content, least=LEAST)
    whole, cut = onnx.load_model_from_string(content), onnx.load_model_from_string(skeleton)
    assert len(skeleton) < LEAST < len(content)
    assert is_cut == [len(tensor.raw_data) >= LEAST for tensor in whole.graph.initializer]
    for tensor, other, is_large in zip(whole.graph.initializer, cut.graph.initializer, is_cut, strict=True):
        if is_large:
            other.raw_data = tensor.raw_data
    assert cut == whole


def test_a_file_without_large_weights_stays_as_it_is():
    toy_path = catalog.find("toy")
    content = toy_path.read_bytes()
    assert cut_weights(content, least=LEAST)[0] is content
    file, graph, large = load_model_file(toy_path)
    assert (graph, large, file.n_bytes) == (content, {}, len(content))


def test_the_table_is_the_array_that_the_session_runs_and_the_search_reads(path):
    model = embedcore.open_model(path, provider="cpu")
    table = model.table
    assert not table.flags.writeable
    assert table is model._held_table
    assert np.shares_memory(NeighborIndex(table)._rows, table)
    stored = weights(onnx.load(path))["table"]
    np.testing.assert_array_equal(table, stored)
    np.testing.assert_array_equal(model.run([7, 50_256]).token_embeddings[0], stored[[7, 50_256]])


def test_an_array_that_is_not_the_table_bit_for_bit_is_not_taken_for_it(path):
    model = embedcore.open_model(path, provider="cpu")
    other = model.table.copy()
    other[-1, -1] = np.nextafter(other[-1, -1], np.float32(9))
    right = model.table.copy()
    model._table, model._held_table = None, other
    np.testing.assert_array_equal(model.table, right)
    assert model.table is not other
