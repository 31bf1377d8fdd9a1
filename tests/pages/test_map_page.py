"""What the Map page draws, through Streamlit's own test runner: every method, color and stage against an oracle."""

import re

import numpy as np
import pytest

from embedcore.maps.file import map_path, read_map, vectors_sha256
from embedcore.maps.methods import METHODS
from embedcore.model.id_sets import unpack_ids
from embedcore.model.stages import STAGES
from pages.views.map.colors import COLORS
from tests.pages.apptest import charts, words
from tests.pages.map_page import LIST, along, by_components, check, codes, steps, trace, visit_map

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("model", ["pydoc-gpt", "random-gpt2", "toy"])
@pytest.mark.parametrize("method", [row.title for row in METHODS.values()])
def test_every_method_and_color_of_every_model(model, method):
    at = visit_map(model, method=method)
    n_vocab = 6 if model == "toy" else 50_257
    is_drawn = method in ("PCA", "own axes") or model == "pydoc-gpt"
    for color in COLORS:
        at.selectbox(key="color").set_value(color).run()
        assert not at.exception, color
        is_too_small = model == "toy" and method in ("t-SNE", "UMAP")
        assert bool(at.error) == is_too_small, color
        assert len(at.get("plotly_chart")) == is_drawn
        if not is_drawn:
            why = "6 points are fewer than a layout" if is_too_small else "This map is not computed yet."
            assert why in words(at)
            continue
        assert f"{n_vocab:,} points, none left out" in words(at)
        assert f"Color: {COLORS[color]}." in words(at)
        assert len(steps(trace(at))) == n_vocab
        needs_measure = color in ("trust", "kept neighbors", "cluster") and method in ("PCA", "own axes")
        is_unknown = color == "trained" and model != "pydoc-gpt"
        is_plain = needs_measure or color in ("none", "change")
        assert isinstance(trace(at)["marker"]["color"], str) == is_plain, color
        assert (f"The color “{color}” needs a measured map" in words(at)) == needs_measure
        assert ("does not say which rows training met: the points are colored by script." in words(at)) == is_unknown
        assert ("This color compares two maps" in words(at)) == (color == "change")


def test_colors_are_the_numbers_that_they_name(pydoc, tsne):
    norms = np.sqrt((pydoc.table.astype(np.float64) ** 2).sum(axis=1))
    trained = np.zeros(50_257, int)
    trained[unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257)] = 1
    at = visit_map(method="t-SNE")
    for color, values in (("norm", norms), ("id", np.arange(50_257)), ("trust", tsne.fidelity.trustworthiness)):
        at.selectbox(key="color").set_value(color).run()
        bar = trace(at)["marker"]["colorbar"]
        low, high = values.min(), values.max()
        unit = (high - low) / trace(at)["marker"]["cmax"]
        np.testing.assert_allclose(low + unit * codes(at), values, rtol=0, atol=0.51 * unit)
        assert float(bar["ticktext"][-1].replace(",", "")) == pytest.approx(high, rel=5e-3)
    at.selectbox(key="color").set_value("trained").run()
    assert np.bincount(codes(at)).tolist() == [12_280, 37_977]  # in the order of the words, whichever is more frequent
    np.testing.assert_array_equal(codes(at), 1 - trained)
    legend = [each["name"] for each in charts(at)[0]["data"] if each["showlegend"]]
    assert legend == ["trained", "untrained"]
    at.selectbox(key="color").set_value("cluster").run()
    labels = tsne.clusters
    assert set(codes(at)[labels < 0]) == {6}
    for label in range(0, labels.max() + 1, 50):
        assert len(set(codes(at)[labels == label])) == 1
    assert f"HDBSCAN finds {labels.max() + 1:,} clusters" in words(at)
    [legend] = [each.proto.body for each in at.get("html") if "legend" in each.proto.body]
    assert re.findall(r"<li>(.*?)</li>", re.sub(r"<span[^>]*></span>", "●", legend)) == [
        "●●●●●●300 clusters, 6 colors in turn, listed below",
        "●other",
    ]
    used = {trace(at)["marker"]["colorscale"][2 * code][1] for code in set(codes(at))}
    assert set(re.findall(r"background:(#\w+)", legend)) == used


def test_a_stored_map_opens_at_once_with_its_fidelity(tsne):
    for dimensions in ("2-D", "3-D"):
        for method in ("t-SNE", "UMAP"):
            at = visit_map(method=method, dimensions=dimensions)
            said = words(at)
            assert "not computed yet" not in said
            assert f"drag to {'move' if dimensions == '2-D' else 'turn'}" in said
            axes = charts(at)[0]["layout"]
            axes = axes if dimensions == "2-D" else axes["scene"]
            assert [axes[f"{axis}axis"]["title"]["text"] for axis in "xyz"[: int(dimensions[0])]] == [""] * int(
                dimensions[0]
            )
            if (method, dimensions) == ("t-SNE", "2-D"):
                check(at, tsne.coordinates)
                assert f"**Trustworthiness {tsne.provenance['mean_trustworthiness']:.3f}**" in said
                assert f"**{tsne.provenance['mean_overlap']:.1%}** are near here too" in said
                assert tsne.provenance["library"] in said


@pytest.mark.parametrize("components", [(10, 3), (1, 1), (7, 10, 2)])
def test_any_of_the_first_ten_components(pydoc, components):
    numbered = {f"pc_{axis}": number for axis, number in zip("xyz", components, strict=False)}
    at = visit_map(dimensions=f"{len(components)}-D", **numbered)
    check(at, by_components(pydoc.table, [number - 1 for number in components]))
    axes = charts(at)[0]["layout"]
    axes = axes if len(components) == 2 else axes["scene"]
    for axis, number in zip("xyz", components, strict=False):
        assert axes[f"{axis}axis"]["title"]["text"].startswith(f"PC {number} · ")


def test_the_toy_has_as_many_components_as_dimensions(toy):
    at = visit_map("toy", dimensions="3-D", pc_z=3)
    check(at, by_components(toy.table, [0, 1, 2]))
    assert at.number_input(key="pc_z").max == 3


@pytest.mark.parametrize("model", ["pydoc", "untrained"])
def test_axes_of_ones_own_are_dot_products(request, model):
    model = request.getfixturevalue(model)
    at = visit_map(model.name, method="own axes", axis_x="tuple - list", axis_y="2*king + #262")
    ranks, wide = model.tokenizer.ranks, model.table.astype(np.float64)
    directions = np.stack([wide[ranks[b" tuple"]] - wide[LIST], 2 * wide[ranks[b" king"]] + wide[262]])
    check(at, along(model.table, directions))
    titles = [charts(at)[0]["layout"][f"{axis}axis"]["title"]["text"] for axis in "xy"]
    assert titles[0].startswith("tuple - list · ")
    assert titles[1].startswith("2*king + #262 · ")


def test_axes_of_the_toy(toy):
    at = visit_map("toy", method="own axes")
    dog, brown, over, jumps = (
        toy.table[toy.tokenizer.encode(f" {word}").token_ids[0]].astype(np.float64)
        for word in ("dog", "brown", "over", "jumps")
    )
    check(at, along(toy.table, np.stack([dog - brown, over - jumps])))


def test_trained_rows_alone_are_another_map(pydoc):
    trained = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257)
    at = visit_map(rows="trained")
    assert "12,280 points, none left out" in words(at)
    check(at, by_components(pydoc.table[trained], [0, 1]))


def test_the_sums_are_another_stage(toy):
    at = visit_map("toy", stage=STAGES[1])
    sums = np.concatenate([toy.run([[token_id]]).input_embeddings[0] for token_id in range(6)])
    check(at, by_components(sums, [0, 1]))


def test_most_of_a_map_by_neighbors_is_untrained_and_the_trained_rows_are_one_click_away(pydoc):
    trained = unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257)
    at = visit_map(method="t-SNE")
    assert "76% of the rows are untrained: they are random" in words(at)
    assert "Of the 12,280 trained rows alone: **0.947**" in words(at)
    at.button(key="map_trained_rows").click().run()
    assert "12,280 points, none left out" in words(at)
    assert "are untrained: they are random" not in words(at)
    assert at.selectbox(key="rows").value == "trained"
    stored = read_map(map_path(pydoc.file.path, "tsne", 2, "trained"), vectors_sha256(pydoc.table[trained]))
    check(at, stored.coordinates)


def test_the_default_map_tells_which_rows_were_trained(pydoc):
    at = visit_map()
    assert at.selectbox(key="color").value == "trained"
    assert np.bincount(codes(at)).tolist() in ([37_977, 12_280], [12_280, 37_977])
    [name] = charts(at)[0]["layout"]["annotations"]
    assert name["text"] == "37,977 rows<br>that training never touched"
    is_untrained = np.ones(50_257, bool)
    is_untrained[unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257)] = False
    spot = steps(trace(at))[is_untrained]
    assert spot[:, 0].min() < name["x"] < spot[:, 0].max()
    assert visit_map("random-gpt2").selectbox(key="color").value == "script"
    assert visit_map(color="script", rows="all").selectbox(key="color").value == "script"  # a link that names it
