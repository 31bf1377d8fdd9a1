"""The steps of the guided walk: the ideas of a first chapter on token embeddings, each on the page where it can be seen.

The chapter is the second of Raschka's "Build a Large Language Model (From Scratch)". A step is a page, the parameters of
the link that opens its view, and what to notice there; the numbers in it are computed from what the page shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from embedcore.model import catalog
from embedcore.model.model import Model
from embedcore.space.composition import n_shared_rows
from embedcore.space.repeats import largest_difference, repeats
from embedcore.tokens.labels import token_label
from embedcore.tokens.windows import batches
from embedcore.values import ByContent
from pages.shared import plain, words
from pages.shared.numerals import count, decimal
from pages.shared.parameters import PARAMETERS
from pages.shared.story import STORY

Open = Callable[[str], Model]  # a model by its name
_TRAINED: Final = {"model": "pydoc-gpt", "text": "A list is like a tuple, but a tuple cannot change."}
_TOY: Final = {"model": "toy", "text": "fox jumps over dog"}
_CHAPTER: Final = {
    "model": catalog.UNTRAINED,
    "batches_of": "a story",
    "max_length": "4",
    "batch_size": "8",
    "drop_last": "true",
}
_REPEATED: Final = "5"  # a token of the first text that stands in it twice
_LIST: Final = "1"  # the token ␣list of the first text


@dataclass(frozen=True, slots=True, eq=False)
class Step(ByContent):
    """One step: the page, a title, the sentences on what to notice, and the parameters of the link beside `walk`."""

    page: str
    title: str
    notice: Callable[[Open, Mapping[str, Any]], str]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _overview(open_: Open, view: Mapping[str, Any]) -> str:
    model = open_(view["model"])
    n_tokens = len(model.tokenizer.encode(view["text"]).token_ids)
    return (
        f"The text is cut into {count(n_tokens, 'token')}, and each row of the left strip is the vector of one of them: "
        f"{count(model.metadata.d_model, 'number')}, drawn as colors. A vector for the token's position is added to it. The sums, "
        "on the right, are what enters the first block of the model."
    )


def _tokens(open_: Open, view: Mapping[str, Any]) -> str:
    tokenizer = open_(view["model"]).tokenizer
    cut, index = tokenizer.encode(view["text"]), int(view["token"])
    token_id = int(cut.token_ids[index])
    times = int(np.count_nonzero(cut.token_ids == token_id))
    return (
        f"A token is a piece of text with a number, its id. {plain.code(token_label(cut.token_bytes[index]))} stands {times} times in "
        f"this text and has the id {token_id} each time. The vocabulary of {tokenizer.name} has {count(tokenizer.n_vocab, 'token')}; "
        "rarer words are built from several of them."
    )


def _windows(open_: Open, view: Mapping[str, Any]) -> str:
    model, stride = open_(view["model"]), int(view["stride"])
    ids = model.tokenizer.encode(STORY).token_ids
    length, size = int(view["max_length"]), int(view["batch_size"])
    every = batches(ids, max_length=length, stride=stride, batch_size=size)
    begin = f"The {count(len(ids), 'token')} of the story give {count(every.n_windows, 'window')} of {count(length, 'token')}"
    if stride < length:
        return (
            f"{begin}, because a stride of {stride} begins a new window {count(stride, 'token')} after the last: windows that follow "
            f"each other share {length - stride} of their {count(length, 'token')}. The model sees most tokens several times."
        )
    layer = model.run(every[0].inputs)
    return (
        f"{begin}, and a batch holds {size} of them. The targets are the same windows one token later: the model learns to name "
        f"the next token. The input layer turns the ids, {plain.code(str(list(layer.token_ids.shape)))}, into a tensor of batch, "
        f"sequence and dimension, {plain.code(str(list(layer.input_embeddings.shape)))}."
    )


def _at_random(open_: Open, view: Mapping[str, Any]) -> str:
    model = open_(view["model"])
    token_id = int(model.tokenizer.encode(view["text"]).token_ids[1])
    row = ", ".join(decimal(float(value)) for value in model.table[token_id])
    return (
        f"Before training the table holds random numbers, here {count(model.metadata.n_vocab, 'row')} of "
        f"{count(model.metadata.d_model, 'number')} drawn with the seed {model.metadata.provenance['seed']}. A one-hot row with its 1 at id "
        f"{token_id} times the table gives row {token_id} itself: {plain.code(f'[{row}]')}. Training moves the rows, and nothing else does."
    )


def _same_row(open_: Open, view: Mapping[str, Any]) -> str:
    model = open_(view["model"])
    layer = model.run(model.tokenizer.encode(view["text"]).token_ids)
    index = int(view["token"])
    places = repeats(layer.token_ids[0])[int(layer.token_ids[0, index])]
    listed = " and ".join(map(str, places.tolist()))
    return (
        f"The rows know nothing of order. The framed token stands at positions {listed}, and the largest difference between its "
        f"rows there is {largest_difference(layer.token_embeddings[0][places]):g}: the same id picks the same row wherever it stands."
    )


def _order(open_: Open, view: Mapping[str, Any]) -> str:
    model = open_(view["model"])
    runs = [model.run(model.tokenizer.encode(view[key]).token_ids) for key in ("first_sentence", "second_sentence")]
    of_tokens = n_shared_rows(runs[0].token_embeddings[0], runs[1].token_embeddings[0])
    of_inputs = n_shared_rows(runs[0].input_embeddings[0], runs[1].input_embeddings[0])
    n_tokens = runs[0].token_ids.shape[1]
    return (
        f"“{view['first_sentence']}” and “{view['second_sentence']}” share {of_tokens} of {n_tokens} rows of the table: without "
        f"positions they are one bag of words. With the model's position vectors added, {of_inputs} of {n_tokens} input vectors are "
        "the same."
    )


def _absolute(open_: Open, view: Mapping[str, Any]) -> str:
    metadata = open_(view["model"]).metadata
    return (
        "An absolute position has one vector, the same for whatever token stands there. The first picture is the table that this "
        f"model learned, with one row for each of its {count(metadata.context_length, 'position')}; OpenAI's GPT models learn such a table too. The second "
        "is computed from sine and cosine waves, and never trained."
    )


def _relative(open_: Open, view: Mapping[str, Any]) -> str:
    del open_, view
    return (
        "A relative scheme does not ask where a token stands but how far it is from another one. The lines show what distance "
        "alone adds to the score of two tokens: ALiBi's falls in a straight line, while that of T5 is learned for each range of "
        "distances and is drawn at random here."
    )


def _sum(open_: Open, view: Mapping[str, Any]) -> str:
    model = open_(view["model"])
    layer = model.run(model.tokenizer.encode(view["text"]).token_ids)
    places = repeats(layer.token_ids[0])[int(layer.token_ids[0, int(view["token"])])].tolist()
    first, second = places[:2]
    inputs = layer.input_embeddings[0]
    return (
        "Token vector and position vector have the same width, so they are added number by number, and the sum is no wider: "
        f"{model.metadata.d_model} before and after. The framed token has the same row at positions {first} and {second}, but its two input "
        f"vectors are {words.distance(inputs[first], inputs[second])} apart: now the model can tell them apart."
    )


def _map(open_: Open, view: Mapping[str, Any]) -> str:
    metadata = open_(view["model"]).metadata
    return (
        f"Each of the {count(metadata.n_vocab, 'row')} is a point in a space of {count(metadata.d_model, 'dimension')}, and the map draws it in two. Training has "
        "moved the rows of words that are used alike to similar places; rows that it never touched lie together in one spot."
    )


def _neighbors(open_: Open, view: Mapping[str, Any]) -> str:
    metadata = open_(view["model"]).metadata
    return (
        "The nearest rows of a token are found by comparing its row with all "
        f"{count(metadata.n_vocab, 'row')}. This model read Python's documentation, and its neighbors of ␣list are names of other types. Choose the "
        "model random-gpt2 on top to see what the same list looks like before training."
    )


STEPS: Final = (
    Step("overview", "The first layer on one screen", _overview, _TRAINED),
    Step("tokens", "Text becomes tokens, tokens become ids", _tokens, _TRAINED | {"token": _REPEATED}),
    Step("batches", "Training reads windows in batches", _windows, _CHAPTER | {"stride": "4"}),
    Step("batches", "A smaller stride", _windows, _CHAPTER | {"stride": "1"}),
    Step("lookup", "An id picks a row of a random table", _at_random, _TOY),
    Step("lookup", "The same id, the same row", _same_row, _TRAINED | {"token": _REPEATED}),
    Step(
        "positions",
        "Why positions are needed",
        _order,
        _TRAINED
        | {key: str(PARAMETERS[key].default) for key in ("first_sentence", "second_sentence")}
        | {"view": "Word order"},
    ),
    Step("positions", "Absolute positions", _absolute, _TRAINED | {"schemes": ["learned", "sinusoidal"]}),
    Step("positions", "Relative positions", _relative, _TRAINED | {"schemes": ["alibi", "t5"], "view": "Distance"}),
    Step("sum", "Adding both", _sum, _TRAINED | {"token": _REPEATED}),
    Step("map", "The rows as points", _map, _TRAINED),
    Step("neighbors", "What training has done", _neighbors, _TRAINED | {"token": _LIST}),
)
