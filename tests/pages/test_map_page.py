"""The Map page through Streamlit's own test runner: every method, color and mark against an oracle, and bad input."""

import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree, procrustes

import embedcore
from embedcore.cache import cache_folder
from embedcore.maps.file import map_path, read_map, vectors_sha256, write_map
from embedcore.maps.methods import METHODS
from embedcore.maps.recipe import Recipe
from embedcore.model.id_sets import pack_ids, unpack_ids
from embedcore.model.stages import STAGES
from pages.shared import services
from pages.views.map.colors import COLORS
from pages.views.map.shown_map import MapRequest
from pages.views.map.space import Space
from tests.pages.apptest import TEXT, by_link, charts, typed, visit, words
from tests.pages.test_neighbors_page import follows, oracle
from tests.seen import seen

pytestmark = pytest.mark.usefixtures("own_cache")
LIST = 1351
TOY_TEXT = "fox jumps over dog"


@pytest.fixture(scope="module")
def tsne(pydoc):
    return read_map(map_path(pydoc.file.path, "tsne", 2), vectors_sha256(pydoc.table))


def visit_map(model="pydoc-gpt", **state):
    return visit("map.py", model=model, **({"text": TOY_TEXT if model == "toy" else TEXT} | state))


def linked(**params):
    """Open the page by a link, in a session that knows nothing yet."""
    at = by_link("map.py", model="pydoc-gpt", **params)
    assert not at.exception
    return at


def trace(at, name="vocabulary", chart=0):
    return next((each for each in charts(at)[chart]["data"] if each.get("name") == name), None)


def steps(shown_map):
    return np.stack([np.asarray(typed(shown_map[axis]), float) for axis in "xyz" if axis in shown_map], axis=1)


def decoded(at, coordinates, name="vocabulary", chart=0):
    """Return where points lie, if `coordinates` are the whole map's, and the width of a step."""
    wide = coordinates.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    return (steps(trace(at, name, chart)) + 32_767) * unit + wide.min(axis=0), unit


def check(at, coordinates, chart=0):
    found, unit = decoded(at, coordinates, chart=chart)
    assert found.shape == coordinates.shape
    largest = np.abs(coordinates).max()  # the page computes in float32
    np.testing.assert_allclose(found, coordinates, rtol=0, atol=0.51 * unit + 3e-6 * largest)


def by_components(table, components):
    """Return a table's principal components in float64, by another way: its singular vectors."""
    centered = table.astype(np.float64) - table.mean(axis=0, dtype=np.float64)
    _, _, rows = np.linalg.svd(centered, full_matrices=False)
    rows = rows[list(components)]
    rows *= np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]
    return centered @ rows.T


def along(table, directions):
    units = directions / np.sqrt((directions**2).sum(axis=1, keepdims=True))
    return table.astype(np.float64) @ units.T


# What is drawn


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
        assert f"Color: {COLORS[color]}." in words(at)
        assert len(at.get("plotly_chart")) == is_drawn
        if not is_drawn:
            why = "6 points are fewer than a layout" if is_too_small else "This map is not computed yet."
            assert why in words(at)
            continue
        assert f"{n_vocab:,} points, none left out" in words(at)
        assert len(steps(trace(at))) == n_vocab
        needs_measure = color in ("trust", "kept neighbors", "cluster") and method in ("PCA", "own axes")
        is_unknown = color == "trained" and model != "pydoc-gpt"
        is_plain = needs_measure or is_unknown or color in ("none", "change")
        assert isinstance(trace(at)["marker"]["color"], str) == is_plain, color
        assert (f"The color “{color}” needs a measured map" in words(at)) == needs_measure
        assert ("does not say which rows training met" in words(at)) == is_unknown
        assert ("This color compares two maps" in words(at)) == (color == "change")


def codes(at):
    sent = typed(trace(at)["marker"]["color"])
    assert sent.dtype == np.uint8
    return sent.astype(int)


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
        assert float(bar["ticktext"][-1]) == pytest.approx(high, rel=5e-3)
    at.selectbox(key="color").set_value("trained").run()
    assert np.bincount(codes(at)).tolist() == [37_977, 12_280]  # the most frequent kind is the first
    np.testing.assert_array_equal(codes(at), trained)
    legend = [each["name"] for each in charts(at)[0]["data"] if each["showlegend"]]
    assert legend == ["never trained", "trained"]
    at.selectbox(key="color").set_value("cluster").run()
    labels = tsne.clusters
    assert set(codes(at)[labels < 0]) == {6}
    for label in range(0, labels.max() + 1, 50):
        assert len(set(codes(at)[labels == label])) == 1
    assert f"HDBSCAN finds {labels.max() + 1:,} clusters" in words(at)


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


# What is marked


def test_ties_name_and_draw_the_true_neighbors(pydoc):
    at = visit_map(ties=True, tied=LIST)
    order, _ = oracle(pydoc.table, pydoc.table[LIST], "cosine", without=[LIST])
    label = embedcore.tokens.labels.token_label
    named = " ".join(f"`{label(pydoc.tokenizer.token_bytes(int(token_id)))}`" for token_id in order[:8])
    assert f"`␣list` is tied to its 15 nearest in all dimensions: {named} …" in words(at)
    coordinates = by_components(pydoc.table, [0, 1])
    rings, unit = decoded(at, coordinates, "chosen and neighbors")
    expected = coordinates[np.append(np.sort(order[:15]), LIST)]
    np.testing.assert_allclose(np.sort(rings, axis=0), np.sort(expected, axis=0), rtol=0, atol=unit)
    ties, _ = decoded(at, coordinates, "true neighbors")
    np.testing.assert_allclose(ties[0::3], np.tile(coordinates[LIST], (15, 1)), rtol=0, atol=unit)


def test_a_token_that_is_not_drawn_is_not_tied(pydoc):
    never = np.setdiff1d(np.arange(50_257), unpack_ids(pydoc.metadata.provenance["trained_token_ids"], 50_257))[0]
    at = visit_map(rows="trained", ties=True, tied=int(never), find=" list")
    assert f"Token {never} is not among these rows." in words(at)
    assert trace(at, "true neighbors") is None
    assert "**11** tokens match, ringed on the map. Some are not among these rows." in words(at)
    assert 0 < len(trace(at, "matches")["text"]) < 11


def test_what_is_found_is_ringed_with_its_id(pydoc):
    at = visit_map(find="e2 80", find_by="bytes")
    ring = trace(at, "matches")
    ids = typed(ring["customdata"]).tolist() if isinstance(ring["customdata"], dict) else ring["customdata"]
    assert ids == [i for i in range(50_257) if b"\xe2\x80" in (pydoc.tokenizer.token_bytes(i) or b"")]
    coordinates = by_components(pydoc.table, [0, 1])
    found, unit = decoded(at, coordinates, "matches")
    np.testing.assert_allclose(found, coordinates[ids], rtol=0, atol=0.51 * unit + 1e-5)


@pytest.mark.parametrize(
    ("by", "query", "message"),
    [("bytes", "zz", "'zz' is no hexadecimal bytes"), ("regex", "(a", "cannot be read at character 2"), ("id", "60000", "60000 is outside 0…50256")],
)  # fmt: skip
def test_a_bad_search_is_named_in_place_and_the_map_stays(by, query, message):
    at = visit_map(find=query, find_by=by)
    assert not at.exception
    assert message in "".join(seen(error.value) for error in at.error)
    assert at.text_input(key="find").value == query
    assert len(steps(trace(at))) == 50_257


# Boxes and selections


def inside(coordinates, box):
    """Return which rows lie in a box, in steps of the map's raster."""
    wide = coordinates.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    x, y = np.rint((wide - wide.min(axis=0)) / unit - 32_767).T
    return np.flatnonzero((x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3]))


def test_a_box_in_the_link_lists_its_tokens(pydoc):
    coordinates = embedcore.project(pydoc.table).coordinates
    box = (-5_000, 900, -31_000, -27_000)
    expected = inside(coordinates, box)
    assert 0 < len(expected) < 3_000
    at = linked(box=f"0,{','.join(map(str, box))}", box0_table="true")
    assert f"In the box: {len(expected):,} tokens" in "".join(part.value for part in at.subheader)
    (listed,) = follows(at, "in the box")
    assert [row[0] for row in listed] == expected[:40].tolist()
    [shape] = charts(at)[0]["layout"]["shapes"]
    assert (shape["x0"], shape["x1"], shape["y0"], shape["y1"]) == box
    middle = pydoc.table[expected].astype(np.float64).mean(axis=0)
    order, _ = oracle(pydoc.table, middle, "cosine", without=expected.tolist())
    label = embedcore.tokens.labels.token_label
    near = " ".join(f"`{label(pydoc.tokenizer.token_bytes(int(token_id)))}`" for token_id in order[:10])
    assert f"Outside the box, these tokens lie nearest to the mean of their vectors: {near}" in words(at)


def test_the_tokens_of_a_box_are_mapped_alone(pydoc):
    box = (-5_000, 900, -31_000, -27_000)
    expected = inside(embedcore.project(pydoc.table).coordinates, box)
    at = linked(box=f"0,{','.join(map(str, box))}")
    at.button(key="map_picked0").click().run()
    assert not at.exception
    assert f"{len(expected):,} points, none left out" in words(at)
    check(at, by_components(pydoc.table[expected], [0, 1]))
    assert at.selectbox(key="rows").value == "picked"
    assert pack_ids(expected, 50_257) in at.query_params["picked"]
    assert "box" not in at.query_params  # it was on another map
    at.selectbox(key="rows").set_value("all").run()
    assert "50,257 points, none left out" in words(at)
    assert "picked" not in at.query_params


@pytest.mark.parametrize(
    ("box", "message"),
    [("0,-32767,-32766,32766,32767", "The box holds no token"), ("0,5,4,3,2", "The box holds no token"), ("0,1,2", "it must be the number of a map and four whole numbers"),
     ("0,a,b,c,d", "it must be the number of a map and four whole numbers"), ("0,1,2,3,1e9999", "it must be the number of a map and four whole numbers")],
)  # fmt: skip
def test_a_box_of_nothing_or_of_nonsense_says_so(box, message):
    at = linked(box=box)
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257


def test_picked_rows_come_with_the_link(pydoc):
    ids = np.sort(np.random.default_rng(0).choice(50_257, 200, replace=False))
    at = linked(rows="picked", picked=pack_ids(ids, 50_257), find_by="id", find=f"{ids[7]}")
    assert "200 points, none left out" in words(at)
    check(at, by_components(pydoc.table[ids], [0, 1]))
    assert trace(at, "matches")["text"]


@pytest.mark.parametrize(
    ("picked", "message"),
    [(pack_ids(np.zeros(0, np.int64), 50_257), "the selection has no token of this model: choose all rows"),
     (pack_ids(np.array([5]), 50_257), "a map needs [n, d_model] with at least 2 vectors"),
     ("nonsense", "the link's selection is no set of tokens of pydoc-gpt: choose all rows, or select anew"),
     (pack_ids(np.array([1, 2]), 6), "the link's selection is no set of tokens of pydoc-gpt")],
)  # fmt: skip
def test_a_selection_that_cannot_be_mapped_says_why(picked, message):
    at = linked(rows="picked", picked=picked)
    assert message in "".join(seen(error.value) for error in at.error)
    assert not at.get("plotly_chart")
    at.selectbox(key="rows").set_value("all").run()
    assert not at.error
    assert len(steps(trace(at))) == 50_257


# Two maps


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
        assert [trace(at, "matches", chart)["text"] for chart in (0, 1)] == [["␣dog"], ["␣dog"]]


def test_a_box_on_a_map_of_another_vocabulary_speaks_of_the_first_ones_tokens(pydoc):
    at = linked(compare="true", model2="toy", box="1,-32767,32767,-32767,32767")
    assert "In the box: 6 tokens" in "".join(part.value for part in at.subheader)
    (listed,) = follows(at, "in the box")
    assert {row[0]: row[1] for row in listed} == {
        token_id: embedcore.tokens.labels.token_label(pydoc.tokenizer.token_bytes(token_id))
        for token_id in (7586, 3290, 12792, 18045, 16931, 625)
    }
    at.button(key="map_picked1").click().run()
    assert "6 points, none left out" in words(at)
    check(at, by_components(pydoc.table[sorted([7586, 3290, 12792, 18045, 16931, 625])], [0, 1]))


# Bad input


@pytest.mark.parametrize(
    ("expression", "message"),
    [("king man", "at character 5 follows a token without a sign"), ("kingdomness", "2 tokens of gpt2"), ("#99999", "99999 at character 0 is outside 0…50256"),
     (" list - list", "cancel: a zero vector has no direction"), ('"king', "is never closed")],
)  # fmt: skip
def test_a_bad_axis_is_named_in_place_and_kept(expression, message):
    at = visit_map(method="own axes", axis_y=expression)
    assert not at.exception
    assert message in "".join(seen(error.value) for error in at.error)
    assert at.text_input(key="axis_y").value == expression
    assert at.text_input(key="axis_x").value == "tuple - list"
    at.text_input(key="axis_y").set_value("two").run()
    assert not at.error
    assert len(steps(trace(at))) == 50_257


@pytest.mark.parametrize(
    ("param", "value", "message"),
    [("method", "MDS", "method = `'MDS'`, which is not known"), ("dimensions", "4-D", "dimensions = `'4-D'`, which is not known"), ("color", "taste", "color = `'taste'`"),
     ("rows", "odd", "rows = `'odd'`"), ("rows", "picked", "rows = `'picked'`"), ("stage", "x", "stage = `'x'`"), ("pc_x", "11", "pc_x = `'11'`; it must be 1 to 10"),
     ("pc_y", "x", "pc_y = `'x'`"), ("find_by", "x", "find_by = `'x'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so(param, value, message):
    at = linked(**{param: value})
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257


@pytest.mark.parametrize(
    ("params", "message"),
    [({"method": "t-SNE", "seed": "-1"}, "map_seed = `'-1'`; it must be 0 to 4,294,967,295"), ({"ties": "true", "tied": "50257"}, "tied = `'50257'`; it must be 0 to 50,256"),
     ({"compare": "true", "model2": "gpt-9"}, "model2 = `'gpt-9'`, which is not known"), ({"compare": "true", "method2": "MDS"}, "method2 = `'MDS'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so_further_down(params, message):
    at = linked(**params)
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257


# Maps that have to be computed


def wait(at, sentence):
    """Run the page until it says `sentence`: as its own timer does in a browser."""
    end = time.monotonic() + 60
    while sentence not in words(at):
        assert time.monotonic() < end, words(at)
        time.sleep(0.2)
        at.run()
        assert not at.exception


def test_the_toy_is_too_small_for_a_layout_and_says_why():
    for method in ("t-SNE", "UMAP"):
        at = visit_map("toy", method=method)
        needs = "6 points are fewer than a layout by 15 neighbors needs: choose 17 or more, or draw them with 'pca'"
        assert needs in words(at)
        assert "This map is not computed yet." not in words(at)  # before any work
        assert not at.get("plotly_chart")


def test_a_box_of_another_map_is_dropped():
    at = linked(box="0,-5000,900,-31000,-27000,abcdef")
    assert not at.exception
    assert "In the box" not in "".join(part.value for part in at.subheader)


def test_a_selection_is_laid_out_and_opens(pydoc):
    ids = np.sort(np.random.default_rng(1).choice(50_257, 100, replace=False))
    at = linked(rows="picked", picked=pack_ids(ids, 50_257), method="t-SNE")
    at.button(key="map_start").click().run()
    wait(at, "100 points, none left out")
    assert "**Trustworthiness 0." in words(at)
    [file] = (cache_folder() / "maps").glob("*.npz")
    check(at, read_map(file, vectors_sha256(pydoc.table[ids])).coordinates)
    at.button_group(key="method").set_value("PCA").run()
    at.selectbox(key="color").set_value("trust").run()
    assert "needs a measured map" in words(at)
    at.button(key="fidelity0_start").click().run()
    wait(at, "**Trustworthiness 0.")
    assert "needs a measured map" not in words(at)
    assert len(codes(at)) == 100


@pytest.mark.parametrize("is_hosted", [False, True])
def test_a_missing_library_is_named_or_hosted_an_incident_and_never_called_memory(
    is_hosted, tmp_path, monkeypatch, caplog
):
    (tmp_path / "openTSNE.py").write_text("raise ModuleNotFoundError(\"No module named 'openTSNE'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("EMBEDCORE_HOSTED", "1" if is_hosted else "")
    at = linked(rows="picked", picked=pack_ids(np.arange(300, 400 + is_hosted), 50_257), method="t-SNE")
    at.button(key="map_start").click().run()
    end = time.monotonic() + 60
    while not at.error:
        assert time.monotonic() < end, words(at)
        time.sleep(0.2)
        at.run()
    [error] = at.error
    assert "memory" not in error.value
    assert at.button(key="map_start").label == "Compute"
    if is_hosted:
        incident = re.fullmatch(r"Something broke on our side\. Please report incident ([0-9a-f]{8})\.", error.value)[1]
        while not any(f"incident {incident}: " in line for line in caplog.messages):
            assert time.monotonic() < end, caplog.messages
            time.sleep(0.05)
        [line] = [line for line in caplog.messages if f"incident {incident}: " in line]
        assert "ModuleNotFoundError at embedcore/maps/" in line
    else:
        assert "the map could not be made: ModuleNotFoundError: No module named 'openTSNE' (at embedcore/maps/" in seen(
            error.value
        )


@pytest.fixture
def changed(tmp_path, monkeypatch, pydoc):
    """The map, of other vectors, that lies beside a model; the model has a name of its own: the app keeps models by name."""
    folder = tmp_path / "models"
    folder.mkdir()
    model = folder / f"mine-{tmp_path.name}.onnx"
    shutil.copy(pydoc.file.path, model)
    there = read_map(map_path(pydoc.file.path, "tsne", 2), vectors_sha256(pydoc.table))
    beside = map_path(model, "tsne", 2)
    write_map(beside, replace(there, provenance={**there.provenance, "vectors_sha256": "abcdef012345" + "0" * 52}))
    monkeypatch.setattr("embedcore.model.catalog.MODELS_FOLDER", folder)
    yield beside
    services._opened.clear()


def test_a_map_of_other_vectors_is_named_and_can_be_computed_anew(changed, pydoc, tsne):
    name = changed.name.removesuffix(".tsne-2d.npz")
    at = visit_map(name, method="t-SNE")
    said = "".join(seen(error.value) for error in at.error)
    assert f"{changed.name} is a map of other vectors (sha256 abcdef012345…, these have" in said
    assert vectors_sha256(pydoc.table)[:12] in said
    assert "make the map again with `python -m export maps`" in said
    assert "This map is not computed yet." in words(at)
    assert at.button(key="map_start").label == "Compute"
    assert not at.get("plotly_chart")
    request = MapRequest(Space(services.model(name, "auto"), STAGES[0]), Recipe("tsne", 2))
    write_map(services.jobs().path(request.job), tsne)  # as the map maker does
    at.run()
    assert not at.error
    check(at, tsne.coordinates)


@pytest.mark.parametrize("content", [b"", b"no map", "half"])
def test_a_map_file_that_is_broken_is_named(changed, content):
    changed.write_bytes(changed.read_bytes()[:5_000] if content == "half" else content)
    at = visit_map(changed.name.removesuffix(".tsne-2d.npz"), method="t-SNE")
    assert not at.exception
    said = "".join(seen(error.value) for error in at.error)
    assert f"{changed.name} is no map, or is damaged" in said
    assert "make it again with `python -m export maps`" in said
    assert at.button(key="map_start").label == "Compute"
