"""Sentences with the reader's own numbers in them."""

from typing import Final

import numpy as np

from embedcore.audit.indicators import Isotropy
from embedcore.space.composition import apart, compose, norms
from pages.shared import made, plain
from pages.shared.numerals import count, decimal, share
from pages.shared.reading import Reading, why_explained

# How near a row x is to a query q, by metric.
MEASURES: Final = {
    "cosine": r"\cos(q, x) = \frac{q \cdot x}{|q|\,|x|} \;\allowbreak{{}\in [-1, 1]} \qquad\allowbreak \text{nearest: the highest}",
    "dot": r"q \cdot x = \sum_d q_d\, x_d \qquad \text{nearest: the highest}",
    "euclidean": r"|q - x| = \sqrt{\textstyle\sum_d (q_d - x_d)^2} \ge 0 \qquad \text{nearest: the lowest}",
}
PASTED: Final = "A label from the page may be pasted as it is: " + ", ".join(
    map(plain.code, ("␣list", "⏎", "\\xe2\\x80", "5 ␣list"))
)
COLORS_END: Final = (
    "Where the color scale ends with ≤ and ≥, at most 1 value in 100 lies beyond; hover and Numbers give each value."
)
# What one may write to search a vocabulary, by kind of search.
SEARCHED: Final = {"text": " list", "bytes": "e2 80", "regex": "^ [A-Z]", "id": "100-120"}


def shapes(reading: Reading) -> str:
    """Return the shapes of every array of this run, its time and provider, as Markdown."""
    layer, model = reading.layer, reading.model
    steps = [
        f"`token_ids {list(layer.token_ids.shape)}`",
        f"`token_embeddings {list(layer.token_embeddings.shape)}`",
    ]
    if layer.position_embeddings is not None:
        steps.append(f"+ `position_embeddings {list(layer.position_embeddings.shape)}`")
    steps.append(f"`input_embeddings {list(layer.input_embeddings.shape)}`")
    chain = " → ".join(steps).replace("→ +", "+")
    beside = ", ".join(f"`{name} {list(values.shape)}`" for name, values in layer.extras.items())
    chain += f"; for the attention {beside}" if beside else ""
    report = model.provider_report
    return (
        f"{chain}  \nThe table of {plain.text(model.name)} is `[{model.metadata.n_vocab}, {model.metadata.stored_width}]`; this run took "
        f"{layer.seconds * 1000:.2f} ms on the {report.actual.upper()}."
    )


def explained_token(reading: Reading) -> str:
    """Return one line on the token that every page explains: its id, its vectors' lengths, the position's share."""
    layer, index = reading.layer, reading.explained
    token_id = int(layer.token_ids[0, index])
    line = f"**Token {plain.code(reading.labels[index])}** is row {token_id} of the table"
    if layer.position_embeddings is None:
        return f"{line}; this model adds no position vector. {why_explained(reading.model, reading.chosen)}"
    rows = (layer.token_embeddings[0], layer.position_embeddings, layer.input_embeddings[0])
    token, position, total = (decimal(norms(vectors[index : index + 1])[0], 3) for vectors in rows)
    return (
        f"{line}. Lengths: token vector {token}, position vector {position}, "
        + (
            f"input vector {total}."
            if made.how(layer) == "more"
            else f"their sum {total}; {share(compose(*rows).position_share[index])} of the sum comes from the position."
        )
        + f" {why_explained(reading.model, reading.chosen)}"
    )


def distance(left: np.ndarray, right: np.ndarray) -> str:
    """Return how far apart two vectors are, in words."""
    return decimal(apart(left, right))


def isotropy(measured: Isotropy, d_model: int) -> str:
    """Return how evenly a table's rows use its directions, in words."""
    shares, n = measured.variance_shares, len(measured.variance_shares)
    return (
        f"The mean cosine between two different rows is **{decimal(measured.mean_cosine)}** (0 where no direction is preferred). The "
        f"first component holds **{share(shares[0], 1)}** of the variance"
        + (f", the first {n} hold **{share(measured.held_by_first, 1)}**" if n > 1 else "")
        + f"; spread evenly over {count(d_model, 'dimension')} {'they' if n > 1 else 'it'} would hold {share(1 / d_model, 1)}"
        + (f" and {share(n / d_model, 1)}." if n > 1 else ".")
    )
