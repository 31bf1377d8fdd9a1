"""The first screen: what the rows mean, what the scales are, and the numbers of every picture."""

import numpy as np

from tests.pages.apptest import TEXT, visit, words


def nearest_to(model, token_id, k=5):
    """Return the labels of the rows with the largest cosine, the plain way."""
    table = model.table.astype(np.float64)
    scores = table @ table[token_id] / np.linalg.norm(table, axis=1) / np.linalg.norm(table[token_id])
    scores[token_id] = -np.inf
    return [model.tokenizer.label(int(row)) for row in np.argsort(-scores)[:k]]


def test_the_rows_nearest_to_the_explained_token_are_named(pydoc):
    at = visit("overview.py", text=TEXT, token=1)
    assert not at.exception
    labels = nearest_to(pydoc, 1351)
    assert labels[0] == "␣tuple"
    assert f"Rows nearest to `␣list`: {', '.join(f'`{label}`' for label in labels)}." in words(at)
    assert "scale of their own" not in words(at)
    untrained = visit("overview.py", text="zzz Prohibition xylophone", model="random-gpt2")
    assert "Rows nearest" not in words(untrained)


def test_a_norm_has_its_words_and_a_rotary_model_the_numbers_of_both_pictures():
    said = words(visit("overview.py", text=TEXT, model="minilm-l6"))
    assert "The first 3 strips have a color scale of their own, because the arrow (layer norm) changes" in said
    assert "outside of the picture" in said
    at = visit("overview.py", text=TEXT, model="smollm2-135m")
    titles = [box.label for box in at.expander]
    assert {"Numbers of vectors", "Numbers of queries"} <= set(titles)
