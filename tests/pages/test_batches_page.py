"""What the Batches page says and draws is counted again here, from the ids alone, in every setting."""

import re

import numpy as np
import pytest

import embedcore
from pages.shared.story import STORY
from tests.pages.apptest import TEXT, by_link, charts, typed, visit, words

IDS = embedcore.get_tokenizer("gpt2").encode(STORY).token_ids.tolist()


def number(said):
    return int(said.replace(",", ""))


SETTINGS = [
    {},
    {"shuffle": True},
    {"shuffle": True, "drop_last": False, "batch": 5},
    {"stride": 32, "batch_size": 6},
    {"stride": 32, "batch_size": 6, "drop_last": False},
    {"stride": 500, "drop_last": False},
    {"stride": 6, "batch_size": 5, "batch": 2, "sample": 3},
    {"max_length": 140, "stride": 1, "batch": 1},
    {"max_length": len(IDS) - 1, "batch_size": 1},
    {"max_length": 1, "stride": 2, "batch_size": 1, "batch": 7},
    {"max_length": 1, "stride": 1, "batch_size": 64, "drop_last": False, "shuffle": True, "batch": 2},
    {"max_length": 7, "stride": 8, "batch_size": 20, "drop_last": False, "shuffle": True, "batch": 1},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_number_is_that_of_the_batch_that_is_shown(settings):
    request = {
        "max_length": 4,
        "stride": 4,
        "batch_size": 8,
        "drop_last": True,
        "shuffle": False,
        "batch": 0,
        "batches_of": "a story",
        "model": "random-gpt2",
    } | settings
    length, stride, size = request["max_length"], request["stride"], request["batch_size"]
    order = list(range(0, len(IDS) - length, stride))
    n_windows = len(order)
    if request["shuffle"]:
        order = np.random.default_rng(123).permutation(order).tolist()
    n_kept = n_windows // size * size if request["drop_last"] else n_windows
    sizes = [len(order[:n_kept][first : first + size]) for first in range(0, n_kept, size)]
    starts = order[:n_kept][request["batch"] * size :][:size]

    at = visit("batches.py", **request)
    assert not at.exception
    assert not at.error
    said = words(at)

    assert (
        f"{len(IDS)} tokens give {n_windows} window{'s' * (n_windows != 1)} of {length}, which make{'s' * (n_windows == 1)} "
        f"**{len(sizes)} batch{'es' * (len(sizes) != 1)}**" in said
    )
    if len(set(sizes)) == 2:
        assert f", {len(sizes) - 1} of {size} and a last one of {sizes[-1]}" in said
    else:
        assert f"** of {sizes[0]}" in said
    dropped = re.search(r"the last (\d+) windows? do(?:es)? not fill a batch and (?:is|are) dropped", said)
    assert (int(dropped[1]) if dropped else 0) == n_windows - n_kept
    unused = re.search(r"(\d+) tokens? of the text (?:is|are) in no batch", said)
    used = {start + place for start in order[:n_kept] for place in range(length + 1)}
    assert (int(unused[1]) if unused else 0) == len(IDS) - len(used)
    shared = re.search(r"share (\d+) of (\d+) token", said)
    assert ([int(shared[1]), int(shared[2])] if shared else None) == (
        [len(set(range(length)) & set(range(stride, stride + length))), length] if n_windows > 1 else None
    )
    between = re.search(r"(\d+) tokens? between them", said)
    assert (int(between[1]) if between else 0) == (len(range(length, stride)) if n_windows > 1 else 0)

    frames = [frame.value.to_numpy() for frame in at.dataframe[:2]]
    for frame, shift in zip(frames, (0, 1), strict=True):
        ids = [[int(cell.split(" · ")[-1]) for cell in row] for row in frame]
        assert ids == [IDS[start + shift : start + shift + length] for start in starts]

    picture = charts(at)[0]["data"][0]
    rows = typed(picture["z"])
    assert len(rows) == len(starts)
    drawn = [number(name.split(" ")[0]) for name in picture["x"]]
    for row, start in zip(rows, starts, strict=True):
        assert {drawn[column] for column in np.flatnonzero(row == 2)} == set(range(start, start + length))
        assert {drawn[column] for column in np.flatnonzero(row == 1)} == {start + length}
    touched = {start + place for start in starts for place in range(length + 1)}
    left_out = [token for token in range(min(touched), max(touched)) if token not in drawn]
    assert not set(left_out) & touched
    assert ("no window of this batch touches are left out" in said) == bool(left_out)

    assert f"`inputs [{len(starts)}, {length}]` → `token_embeddings [{len(starts)}, {length}, 256]`" in said
    assert f"`position_embeddings [{length}, 256]`" in said
    assert f"The {length} position vector{'s are' if length > 1 else ' is'} the same for every sample" in said
    assert (f"added to each of the {len(starts)} samples" if len(starts) > 1 else "added to the one sample") in said
    assert not re.search(r"\b1 (tokens|windows|batches|samples|position vectors)\b", said)


@pytest.mark.parametrize(("n_tokens", "said"), [(2, "1 window does"), (3, "2 windows do")])
def test_a_batch_that_is_not_full_is_told_and_kept_at_a_click(n_tokens, said):
    request = {"write": "token ids", "ids": " ".join("5" * n_tokens), "max_length": 1, "stride": 1, "drop_last": True}
    for key in ("keep_last", "smaller_batch"):
        at = visit("batches.py", **request)
        assert f"{said} not fill one batch of 8, and drop_last leaves out a batch that is not full." in words(at)
        assert "**0 batches**" in words(at)
        at.button(key=key).click().run()
        assert not at.info
        assert f"**1 batch** of {n_tokens - 1}" in words(at)


def test_the_page_begins_with_the_readers_text_and_model(pydoc):
    at = visit("batches.py", text=TEXT)
    ids = pydoc.tokenizer.encode(TEXT).token_ids.tolist()
    shown = [[int(cell.split(" · ")[-1]) for cell in row] for row in at.dataframe[0].value.to_numpy()]
    assert shown == [ids[0:4], ids[4:8], ids[8:12]]
    assert "`token_embeddings [3, 4, 64]`" in words(at)


@pytest.mark.parametrize(
    ("text", "buttons"), [("", ["take_story"]), ("a", ["take_story"]), ("a b c", ["shorter_window", "take_story"])]
)
def test_a_text_too_short_for_a_window_is_told_with_a_remedy(text, buttons):
    n_tokens = len(text.split())
    for key in buttons:
        at = visit("batches.py", text=text)
        assert f"{n_tokens} token{'s' * (n_tokens != 1)}, and one window of 4 needs 5" in words(at)
        assert not at.error
        assert [button.key for button in at.button if button.key in ("shorter_window", "take_story")] == buttons
        at.button(key=key).click().run()
        assert not at.info
        assert len(at.dataframe) >= 2


OLD_LINKS = {
    "the story in random-gpt2": ({"stride": "2"}, "a story", "random-gpt2", True),
    "the story in another layer": ({"layer": "pydoc-gpt", "drop_last": "false"}, "a story", "pydoc-gpt", False),
    "my text in random-gpt2": ({"source": "my text", "batch_size": "1", "text": TEXT}, "my text", "random-gpt2", True),
    "my text in another layer": (
        {"source": "my text", "layer": "toy", "model": "pydoc-gpt", "text": "fox jumps over dog", "max_length": "2", "batch_size": "1"},
        "my text",
        "toy",
        True,
    ),
    "my ids": ({"source": "my text", "write": "token ids", "ids": "5 6 7 8 9", "batch_size": "1"}, "my text", "pydoc-gpt", True),
}  # fmt: skip


@pytest.mark.parametrize(("params", "source", "model", "drop_last"), OLD_LINKS.values(), ids=OLD_LINKS)
def test_an_older_link_opens_what_it_showed(params, source, model, drop_last):
    """The page had a text and a layer of its own, the story and random-gpt2, and dropped what filled no batch."""
    at = by_link("batches.py", **params)
    assert not at.exception
    assert not at.warning
    assert not at.error
    state = at.session_state
    assert (state["batches_of"], state["model"], state["drop_last"]) == (source, model, drop_last)
    assert "layer" not in at.query_params
    assert len(at.dataframe) >= 2


def test_given_ids_are_batched_as_they_are():
    """16 16 is what no text gives: gpt2 writes 11 as one token."""
    request = {"max_length": 1, "stride": 1, "batch_size": 3, "write": "token ids"}
    at = visit("batches.py", **request, ids="16, 16, 447, 5")
    assert [cell.split(" · ")[1] for cell in at.dataframe[0].value.to_numpy()[:, 0]] == ["16", "16", "447"]
