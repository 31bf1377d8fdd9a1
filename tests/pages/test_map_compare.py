"""Two maps side by side on the Map page: what changes between them, and one laid on the other."""

import numpy as np
import pytest
from scipy.spatial import cKDTree, procrustes

import embedcore
from tests.pages.apptest import words
from tests.pages.map_page import by_components, check, codes, linked, steps, trace, visit_map
from tests.pages.test_neighbors_page import follows

pytestmark = pytest.mark.usefixtures("own_cache")


def test_two_methods_side_by_side(pydoc, tsne):
    at = visit_map(compare=True, method2="t-SNE", color="change")
    assert not at.exception
    first = by_components(pydoc.table, [0, 1])
    check(at, first, chart=0)
    check(at, tsne.coordinates, chart=1)
    near = [cKDTree(points).query(points, k=16)[1][:, 1:] for points in (first, tsne.coordinates)]
    kept = np.array([len(np.intersect1d(left, right)) for left, right in zip(*near, strict=True)])
    said = words(at)
    share = float(said.split("15 nearest points of each of the 50,257 shared tokens, **")[1].split("%")[0]) / 100
    assert share == pytest.approx(1 - kept.mean() / 15, abs=1e-3)  # points on one spot are in any order for a tree
    (least,), (most,) = follows(at, "least changed"), follows(at, "most changed")
    assert [row[2] for row in most] == ["100%"] * 30
    assert float(least[0][2][:-1]) < 60
    unit = 1 / trace(at)["marker"]["cmax"]
    low = 1 - kept.max() / 15
    assert low + (1 - low) * unit * codes(at).mean() == pytest.approx(1 - kept.mean() / 15, abs=5e-3)


def test_one_map_is_laid_on_the_other(pydoc, tsne):
    at = visit_map(compare=True, method2="t-SNE", align=True)
    first = by_components(pydoc.table, [0, 1])
    _, laid, disparity = procrustes(first, tsne.coordinates)
    assert (
        f"The maps are matched by the 50,257 tokens that both have (Procrustes): {disparity:.1%} of the first map's spread"
        in words(at)
    )
    centered = first - first.mean(axis=0)
    check(at, laid * np.sqrt((centered**2).sum()) + first.mean(axis=0), chart=1)


@pytest.mark.parametrize("models", [("pydoc-gpt", "toy"), ("toy", "pydoc-gpt")])
def test_two_vocabularies_are_compared_by_the_tokens_they_share(models, toy, pydoc):
    at = visit_map(models[0], compare=True, model2=models[1], align=True, find="dog" if models[0] == "toy" else " dog")
    assert not at.exception
    assert not at.error
    ids = np.array([7586, 3290, 12792, 18045, 16931, 625])  # of toy's tokens, in gpt2
    tables = {"toy": toy.table, "pydoc-gpt": pydoc.table[np.sort(ids)]}
    if models[0] == "toy":
        second = by_components(pydoc.table[np.sort(ids)], [0, 1])
        first, moved = by_components(toy.table, [0, 1]), second[np.searchsorted(np.sort(ids), ids)]
    else:
        second = by_components(toy.table, [0, 1])
        first, moved = by_components(pydoc.table, [0, 1])[ids], second
    _, _, disparity = procrustes(first, moved)
    said = words(at)
    assert "Of the 5 nearest points of each of the 6 shared tokens, **0.0%**" in said
    assert f"The maps are matched by the 6 tokens that both have (Procrustes): {disparity:.1%}" in said
    assert len(steps(trace(at, chart=1))) == len(tables[models[1]]) == 6
    if models[0] == "toy":
        assert [len(steps(trace(at, "matches", chart))) for chart in (0, 1)] == [1, 1]


def test_a_box_on_a_map_of_another_vocabulary_speaks_of_the_first_ones_tokens(pydoc):
    at = linked(compare="true", model2="toy", box="1,-32767,32767,-32767,32767")
    assert "In the box: 6 tokens" in "".join(part.value for part in at.header)
    (listed,) = follows(at, "in the box")
    assert {row[0]: row[1] for row in listed} == {
        token_id: embedcore.tokens.labels.token_label(pydoc.tokenizer.token_bytes(token_id))
        for token_id in (7586, 3290, 12792, 18045, 16931, 625)
    }
    at.button(key="map_picked1").click().run()
    assert "6 points, none left out" in words(at)
    check(at, by_components(pydoc.table[sorted([7586, 3290, 12792, 18045, 16931, 625])], [0, 1]))


@pytest.mark.parametrize(
    ("state", "method"),
    [
        ({}, "t-SNE"),
        ({"method": "t-SNE"}, "PCA"),
        ({"model2": "random-gpt2"}, "PCA"),
        ({"pc_x2": 3}, "PCA"),
        ({"method2": "PCA"}, "PCA"),
    ],
)
def test_a_second_map_is_at_first_another_one_than_the_first(state, method):
    at = visit_map(compare=True, **state)
    assert not at.exception
    assert at.button_group(key="method2").value == method


def test_a_model_without_finished_maps_is_compared_along_axes_of_ones_own():
    at = visit_map("toy", compare=True)
    assert at.button_group(key="method2").value == "own axes"
    assert not at.error
