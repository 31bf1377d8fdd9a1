"""Merges of every byte-pair encoding of a tokenizer.json: those that `tokenizers` makes, in its order, from its symbols."""

import copy
import dataclasses
import json
import random
from itertools import pairwise

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import embedcore
from embedcore.model import catalog
from embedcore.model.file import read_model_file
from embedcore.tokens.entries import writing_of
from embedcore.tokens.merge_list import MergeList
from embedcore.tokens.merges import Origin, building, is_taken_whole, merge_steps
from embedcore.tokens.packed import unpacked
from embedcore.tokens.tokenizer import tokenizer_from_json
from embedcore.tokens.tokenizer_json import read_tokenizer_json
from tests.tokens.trained import CORPUS, changed, in_model, trained

APART = "\U0010fffd"  # a character of no vocabulary: it parts what stands beside it, and merges with nothing


def with_marks(*, is_byte_level=False, **marks):
    """Return BPE with marks for words' ends (as CLIP and GPT-1 have them) or for pieces inside a word."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", **marks))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if is_byte_level:
        parts = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Sequence(parts), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=220, special_tokens=["<unk>"], show_progress=False, **marks)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer.to_str().encode()


def shuffled(kind, seed):
    """Return merges in any order: a rank is a place in the list, and many tokens are never come to."""
    merges = json.loads(trained(kind))["model"]["merges"]
    random.Random(seed).shuffle(merges)
    return in_model(kind, merges=merges)


def every_pair(kind):
    """Return each way to make a token of two others: one token has many ranks, as in files made of scores."""
    vocab = json.loads(trained(kind))["model"]["vocab"]
    made = [(entry[:cut], entry[cut:]) for entry in vocab for cut in range(1, len(entry))]
    merges = [list(pair) for pair in made if pair[0] in vocab and pair[1] in vocab]
    merges.insert(3, merges[20])  # twice: the last place counts
    return in_model(kind, merges=merges)


def as_texts(kind):
    """Return the list as files of earlier versions hold it: texts, with a line for the version among them."""
    merges = json.loads(trained(kind))["model"]["merges"]
    return in_model(kind, merges=["#version: 0.2", *(" ".join(pair) for pair in merges)], fuse_unk=False)


def twin(content, symbols):
    """Merge `symbols` by the definition: of all pairs side by side the one of the lowest rank, the first from the left."""
    model = json.loads(content)["model"]
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    ranks = {tuple(pair): rank for rank, pair in enumerate(pair for pair in merges if pair[0] != "#version:")}
    n_cut = len(model.get("continuing_subword_prefix") or "")
    parts, steps = list(symbols), []
    while found := sorted((ranks[pair], place) for place, pair in enumerate(pairwise(parts)) if pair in ranks):
        rank, place = found[0]
        parts[place : place + 2] = [parts[place] + parts[place + 1][n_cut:]]
        steps.append((rank, model["vocab"][parts[place]], tuple(parts)))
    return steps


NFC = {"type": "NFC"}
LISTS = {
    "byte-level, in order": changed("byte-level", normalizer=NFC),
    "byte-level, shuffled": shuffled("byte-level", 1),
    "byte-level, every pair": every_pair("byte-level"),
    "bytes for what is unknown": trained("byte fallback"),
    "bytes for what is unknown, every pair": every_pair("byte fallback"),
    "bytes for what is unknown, texts": as_texts("byte fallback"),
    "words taken whole": in_model("byte-level", ignore_merges=True, merges=json.loads(shuffled("byte-level", 2))["model"]["merges"]),
    "ends of words": with_marks(end_of_word_suffix="</w>"),
    "ends of words over bytes": with_marks(end_of_word_suffix="</w>", is_byte_level=True),
    "pieces inside words": with_marks(continuing_subword_prefix="##"),
    "no unknown": trained("no unknown"),
}  # fmt: skip


def in_a_word(entry, model):
    """Return a text that holds the token as its marks say, the symbols of the token, and what stands around it."""
    prefix, suffix = model.get("continuing_subword_prefix") or "", model.get("end_of_word_suffix") or ""
    inside = bool(prefix) and entry.startswith(prefix) and entry != prefix
    last = bool(suffix) and entry.endswith(suffix) and entry != suffix
    body = entry[len(prefix) if inside else 0 : len(entry) - (len(suffix) if last else 0)]
    symbols = [prefix + character for character in body]
    symbols[0] = symbols[0] if inside else body[0]
    symbols[-1] += suffix if last else ""
    text = (APART if inside else "") + body + ("" if last or not suffix else APART)
    return text, symbols, slice(1 if inside else 0, None if last or not suffix else -1)


@pytest.mark.parametrize("name", LISTS)
def test_the_merges_are_those_of_the_tokenizers_package(name):
    content = LISTS[name]
    parts = json.loads(content)
    model, own = parts["model"], tokenizer_from_json(content, name)
    assert own.merges is None  # else the ids are the ranks, and there is no list
    peer = Tokenizer.from_str(json.dumps(parts | {"model": model | {"ignore_merges": False}})).model
    others = {each["id"] for each in parts["added_tokens"]}
    others |= {token_id for entry, token_id in model["vocab"].items() if model["byte_fallback"] and entry[:3] == "<0x"}
    origins = []
    for entry, token_id in model["vocab"].items():
        built = building(own, token_id)
        origins.append(built.origin)
        if token_id in others:
            assert (built.start, built.steps) == ((), ())
            assert built.origin in (Origin.UNKNOWN, Origin.SPECIAL, Origin.BYTE)
            continue
        text, symbols, inner = in_a_word(entry, model)
        steps = twin(content, symbols)
        assert built.start == tuple(own.token_bytes(model["vocab"][symbol]) for symbol in symbols)
        assert [(step.rank, step.token_id) for step in built.steps] == [step[:2] for step in steps]
        as_bytes = [tuple(own.token_bytes(model["vocab"][part]) for part in each) for *_, each in steps]
        assert [step.parts for step in built.steps] == as_bytes
        assert all(step.merged == own.token_bytes(step.token_id) for step in built.steps)
        ids = [token.id for token in peer.tokenize(text)][inner]
        assert built.parts == tuple(own.token_bytes(each) for each in ids)
        is_built = ids == [token_id]
        assert built.origin == (Origin.UNREACHED if not is_built else Origin.MERGES if steps else Origin.SYMBOL)
        assert merge_steps(own, token_id) == (built.steps if is_built else ())
    assert origins.count(Origin.MERGES) > 4
    assert (Origin.UNREACHED in origins) == ("shuffled" in name or "whole" in name)


@pytest.mark.parametrize("name", ["byte-level, in order", "bytes for what is unknown", "ends of words"])
def test_what_stands_after_a_merge_is_what_a_shorter_list_leaves(name):
    """The first merges of a list that was learned, given to `tokenizers` as the whole list."""
    content = LISTS[name]
    model, own = json.loads(content)["model"], tokenizer_from_json(content, name)
    marks = {key: model[key] for key in ("end_of_word_suffix", "unk_token", "byte_fallback") if model[key]}
    n_checked = 0
    for rank in range(0, len(model["merges"]), 9):
        shorter = models.BPE(model["vocab"], [tuple(pair) for pair in model["merges"][: rank + 1]], **marks)
        for entry, token_id in model["vocab"].items():
            stages = [step.parts for step in merge_steps(own, token_id) if step.rank <= rank]
            if stages:
                text, _, inner = in_a_word(entry, model)
                left = [token.id for token in shorter.tokenize(text)][inner]
                assert stages[-1] == tuple(map(own.token_bytes, left)), (entry, rank)
                n_checked += 1
    assert n_checked > 200


def test_the_list_of_a_real_model_builds_what_its_ids_build_and_what_shorter_lists_leave():
    """smollm2's ids are in the order of its merges, so that both ways must come to the same."""
    content = unpacked(read_model_file(catalog.MODELS_FOLDER / "smollm2-135m.onnx").metadata.tokenizer_json)
    read, ranked = read_tokenizer_json(content, "smollm2"), tokenizer_from_json(content, "smollm2-135m")
    merges = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in read.model["merges"]]
    peer = models.BPE(dict(read.entries), merges)
    listed = copy.copy(ranked)
    listed.merges = None
    listed.algorithm = dataclasses.replace(ranked.algorithm, merges=MergeList(read, peer, writing_of(read)))
    entries = {token_id: entry for entry, token_id in read.entries.items()}
    built = {token_id: building(listed, token_id) for token_id in range(100, ranked.n_vocab, 200)}
    for token_id, two in built.items():
        one = building(ranked, token_id)
        assert (one.origin, one.start) == (two.origin, two.start)
        same = [[(step.merged, step.parts, step.token_id) for step in each.steps] for each in (one, two)]
        assert same[0] == same[1]
        assert [step.rank for step in one.steps] == [step.token_id for step in one.steps]
        assert ["".join(merges[step.rank]) for step in two.steps] == [entries[step.token_id] for step in two.steps]
    n_checked = 0
    for last in range(400, len(merges), 9_000):
        shorter = models.BPE(dict(read.entries), merges[: last + 1])
        for token_id, each in built.items():
            stages = [step.parts for step in each.steps if step.rank <= last]
            if stages:
                ids = [token.id for token in shorter.tokenize(entries[token_id])]
                assert stages[-1] == tuple(map(ranked.token_bytes, ids))
                n_checked += 1
    assert n_checked > 800


def test_a_word_that_is_a_token_is_taken_at_once_where_the_file_says_so():
    merging = tokenizer_from_json(LISTS["byte-level, shuffled"], "merging")
    whole = tokenizer_from_json(LISTS["words taken whole"], "whole")
    text = whole.encode(" the cats<|endoftext|>")
    assert text.token_bytes[:2] == (b" the", b" cats")
    taken = [is_taken_whole(whole, text, index) for index in range(len(text.token_ids))]
    assert taken[:2] == [True, True]
    assert not any(taken[2:])  # "<|endoftext|>" is cut as text, and none of its words is a token
    special = whole.encode(" the<|endoftext|>", allow_special=True)
    assert is_taken_whole(whole, special, 0, allow_special=True)
    assert is_taken_whole(whole, special, 0) is None  # these ids are not those of the text without special tokens
    assert building(whole, int(special.token_ids[1])).origin == Origin.SPECIAL
    given = whole.tokenization([whole.ordinary_id(bytes([byte])) for byte in b" the"])
    assert given.text == " the"
    assert is_taken_whole(whole, given, 0) is None
    assert is_taken_whole(merging, merging.encode("the"), 0) is False
    assert is_taken_whole(embedcore.get_tokenizer("gpt2"), embedcore.get_tokenizer("gpt2").encode("the"), 0) is False


def test_a_word_with_a_mark_at_its_end_is_merged_though_words_are_taken_whole():
    """`tokenizers` looks for the word as the text has it, without the mark that the token has."""
    parts = json.loads(LISTS["ends of words"])
    parts["model"] |= {"ignore_merges": True}
    own = tokenizer_from_json(json.dumps(parts).encode(), "marked")
    text = own.encode("cats with the")
    assert [is_taken_whole(own, text, index) for index in range(3)] == [
        f"{word}</w>" not in text.token_bytes[index].decode() for index, word in enumerate(["cats", "with", "the"])
    ]


@pytest.mark.parametrize(
    ("kind", "text", "origin"),
    [
        ("WordPiece", "playing", Origin.WORD_PIECE),
        ("WordPiece", "☃", Origin.UNKNOWN),
        ("Unigram", "cats", Origin.UNIGRAM),
        ("WordLevel", "the", Origin.WORD),
        ("byte fallback", "☃", Origin.BYTE),
    ],
)
def test_what_is_no_merge_is_named(kind, text, origin):
    own = tokenizer_from_json(trained(kind), kind)
    built = building(own, int(own.encode(text).token_ids[-1]))
    assert (built.origin, built.start, built.steps, built.parts) == (origin, (), (), ())


def test_gaps_added_tokens_and_the_toys_words():
    added = json.loads(trained("byte fallback"))["added_tokens"][0]
    vocab = json.loads(trained("byte fallback"))["model"]["vocab"]
    own = tokenizer_from_json(
        changed("byte fallback", added_tokens=[{**added, "id": 900, "content": "\n\n\n", "special": False}]), "added"
    )
    assert building(own, 900).origin == Origin.ADDED
    assert building(own, 899).origin == Origin.GAP
    assert building(own, vocab["<unk>"]).origin == Origin.UNKNOWN
    assert building(embedcore.get_tokenizer("toy"), 2).origin == Origin.LOOKED_UP
    assert building(embedcore.get_tokenizer("gpt2"), 50256).origin == Origin.SPECIAL
    assert building(embedcore.get_tokenizer("gpt2"), 0).origin == Origin.SYMBOL


def test_a_token_with_a_character_that_is_no_symbol_has_no_start():
    parts = json.loads(trained("no unknown"))
    parts["model"]["vocab"]["zz"] = 90
    own = tokenizer_from_json(json.dumps(parts).encode(), "no start")
    built = building(own, 90)
    assert (built.origin, built.start, built.parts) == (Origin.UNREACHED, (), ())


def test_a_character_that_is_no_symbol_starts_as_its_bytes():
    """Bytes may be merged too, as any two tokens may."""
    parts = json.loads(trained("byte fallback"))
    parts["model"]["vocab"] |= {"a☃": 900, "<0xE2><0x98>": 901}
    parts["model"]["merges"] += [["<0xE2>", "<0x98>"]]
    content = json.dumps(parts).encode()
    own, peer = tokenizer_from_json(content, "bytes merged"), Tokenizer.from_str(content.decode()).model
    built = building(own, 900)
    assert (built.origin, built.start) == (Origin.UNREACHED, (b"a", b"\xe2", b"\x98", b"\x83"))
    assert [step.token_id for step in built.steps] == [901]
    ids = [token.id for token in peer.tokenize("a☃")]
    assert built.parts == tuple(map(own.token_bytes, ids))
    assert 901 in ids
