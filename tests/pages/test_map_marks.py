"""What the Map page marks on a map: a token with its true neighbors, and tokens that are found."""

import numpy as np
import pytest

import embedcore
from embedcore.model.id_sets import unpack_ids
from tests.pages.apptest import charts, typed, words
from tests.pages.map_page import LIST, by_components, decoded, steps, trace, visit_map
from tests.pages.test_neighbors_page import oracle
from tests.seen import seen

pytestmark = pytest.mark.usefixtures("own_cache")


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
    assert "true neighbors" not in [each.get("name") for each in charts(at)[0]["data"]]
    assert "**11** tokens match, ringed on the map. Some are not among these rows." in words(at)
    assert 0 < len(steps(trace(at, "matches"))) < 11


def test_what_is_found_is_ringed_with_its_id(pydoc):
    at = visit_map(find="e2 80", find_by="bytes")
    ring = trace(at, "matches")
    ids = typed(ring["customdata"]).tolist() if isinstance(ring["customdata"], dict) else ring["customdata"]
    assert ids == [i for i in range(50_257) if b"\xe2\x80" in (pydoc.tokenizer.token_bytes(i) or b"")]
    coordinates = by_components(pydoc.table, [0, 1])
    points, unit = decoded(at, coordinates, "matches")
    np.testing.assert_allclose(points, coordinates[ids], rtol=0, atol=0.51 * unit + 1e-5)


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
