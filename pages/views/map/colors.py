"""What the points of a map are colored by: a number or a kind for each token, from the model, its tokenizer, the map."""

from typing import Final

import numpy as np

from embedcore.maps.point_colors import PointColors, cluster_colors, kind_colors, scale_colors
from embedcore.model.trained_rows import untouched
from embedcore.space.metrics import row_lengths
from embedcore.tokens import kinds as token_kinds
from pages.shared import plain, services, untrained
from pages.views.map.shown_map import ShownMap

SCRIPT: Final = "script"
TRAINED: Final = "trained"
NONE: Final = "none"
CLUSTER: Final = "cluster"
CHANGE: Final = "change"
# The colors, each with what it means for a person who has read one chapter.
COLORS: Final = {
    SCRIPT: "letters of which alphabet, digits, punctuation, white space, bytes",
    "norm": "the length of the vector",
    "id": "the token's number: byte-pair merges of frequent pairs come first, so it ranks frequency roughly",
    TRAINED: "whether training met the token",
    "audit": "how much longer or shorter the row is than rows that are known to be unused",
    "category": "whether text can reach the token at all",
    CLUSTER: "the clusters of this map (HDBSCAN): the 300 whose members are most alike, in six hues in turn; the rest is gray",
    "first byte": "the first byte of the token",
    "length": "how many bytes the token has",
    "trust": "how trustworthy the neighborhood is here; where it is low, the map is distorted",
    "kept neighbors": "the share of the nearest neighbors that are near on the map too",
    CHANGE: "the share of neighbors on this map that are no neighbors on the other",
    NONE: "nothing",
}
_N_HUES: Final = 6
N_SHOWN: Final = 300  # clusters that get a hue: those whose members are most alike


def chosen(name: str, shown_map: ShownMap, change: PointColors | None = None) -> tuple[PointColors | None, str]:
    """Return the colors of a map's points, and a sentence on why there are none, or others, "" where there is no need.

    `change` are the colors by changed neighborhoods, where there is a second map.
    """
    if name == NONE:
        return None, ""
    if name == CHANGE:
        return change, "" if change is not None else "This color compares two maps: turn on the second one."
    of_map = _colors(name, shown_map)
    if isinstance(of_map, str):
        return None, of_map
    model = shown_map.request.space.model
    is_other = name == TRAINED and untouched(model.metadata) is None
    why = f"{plain.text(model.name)} does not say which rows training met: the points are colored by script."
    return of_map, why if is_other else ""


def _colors(name: str, shown_map: ShownMap) -> PointColors | str:
    if name in ("trust", "kept neighbors", CLUSTER):
        return _of_the_map(name, shown_map)
    space = shown_map.request.space
    model, ids = space.model, space.ids
    if name == "norm":
        return scale_colors("norm", row_lengths(space.vectors))
    if name == "id":
        return scale_colors("id", ids)
    is_untouched = untouched(model.metadata)
    if name == TRAINED and is_untouched is not None:
        return kind_colors(name, is_untouched[ids].astype(np.uint8), ("trained", untrained.WORD))
    if name == "audit":
        audit = services.audit(model)
        indicator = next((each for each in audit.indicators if each.name == "norm gap"), audit.indicators[0])
        return scale_colors(indicator.name, indicator.values[ids])
    return _of_the_token(name, shown_map).part(ids)


def _of_the_token(name: str, shown_map: ShownMap) -> PointColors:
    model = shown_map.request.space.model
    n_vocab, tokenizer = model.metadata.n_vocab, model.tokenizer
    if name == "category":
        categories = services.categories(model.tokenizer.name, n_vocab)
        return kind_colors(name, categories.codes, categories.names)
    if name in (SCRIPT, TRAINED):  # where it is not known which rows were trained
        codes, names = services.scripts(model.tokenizer.name, n_vocab)
        return kind_colors(SCRIPT, codes, names)
    if name == "first byte":
        return scale_colors(name, np.maximum(token_kinds.first_bytes(tokenizer, n_vocab), 0))
    # Nearly all tokens are short: beyond 16 bytes all look alike.
    return scale_colors("length, bytes (16: or more)", np.minimum(token_kinds.lengths(tokenizer, n_vocab), 16))


def _of_the_map(name: str, shown_map: ShownMap) -> PointColors | str:
    if shown_map.stored is None:
        return f"The color “{name}” needs a measured map: press the button below."
    fidelity = shown_map.stored.fidelity
    if name == "trust":
        return scale_colors("trustworthiness", fidelity.trustworthiness)
    if name == "kept neighbors":
        return scale_colors("share of neighbors kept", fidelity.overlap)
    named_clusters = shown_map.named_clusters
    if named_clusters is None:
        return "This map has no clusters: principal components and axes of one's own spread points and gather none."
    return cluster_colors(CLUSTER, shown_map.stored.clusters, named_clusters.clusters[:N_SHOWN], n_hues=_N_HUES)
