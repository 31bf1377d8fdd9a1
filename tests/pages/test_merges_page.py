"""How the Tokens page says what makes a token: merges of each kind, or what a tokenizer without them does instead."""

import json

import pytest

import embedcore
from embedcore.model import catalog
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import merge_steps
from tests.pages.apptest import visit, words
from tests.seen import seen
from tests.small_models import write_small_model
from tests.tokens.test_merge_list import LISTS
from tests.tokens.trained import in_model, trained

LEARNED = "always merges the pair of the lowest rank, the one that was learned earliest."


def runs_of_spaces():
    """Return byte-level BPE with runs of 2, 4, … 256 spaces, as vocabularies for code have them."""
    model = json.loads(trained("byte-level"))["model"]
    n_before, lengths = 1 + max(model["vocab"].values()), [2**power for power in range(1, 9)]
    vocab = {"Ġ" * length: n_before + place for place, length in enumerate(lengths)}
    merges = [["Ġ" * (length // 2)] * 2 for length in lengths]
    return in_model("byte-level", vocab=model["vocab"] | vocab, merges=[*merges, *model["merges"]])


MODELS = {
    "llama": trained("byte fallback"),
    "llama3": LISTS["words taken whole"],
    "spaces": runs_of_spaces(),
    "bert": trained("WordPiece"),
    "t5": trained("Unigram"),
    "words": trained("WordLevel"),
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models")
    for name, content in MODELS.items():
        n_rows = 1 + max(token["id"] for token in json.loads(content)["added_tokens"])
        vocab = json.loads(content)["model"]["vocab"]
        n_rows = max(n_rows, len(vocab), *(vocab.values() if isinstance(vocab, dict) else ()), 1) + 1
        write_small_model(path / f"{name}.onnx", tokenizer=name, tokenizer_json=content, n_vocab=n_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(catalog.VARIABLE, str(path))
        yield path


def said_of(at, token):
    """Choose a token; return the sentences on how it comes about."""
    at.session_state["token"] = token
    at.run()
    assert not at.exception
    assert not at.error, words(at)
    return next(each.value for each in at.markdown if each.value.startswith(f"Token {token}, "))


def test_merges_of_characters_have_ranks_and_ids(folder):
    own = embedcore.open_model(folder / "llama.onnx").tokenizer
    at = visit("tokens.py", model="llama", text="the cats ☃")
    ids = own.encode("the cats ☃").token_ids.tolist()
    said = said_of(at, 0)
    assert said == f"Token 0, `␣the`, id {ids[0]}: byte-pair encoding starts with single characters and {LEARNED}"
    table, steps = at.table[0].value, merge_steps(own, ids[0])
    assert list(table.columns) == ["step", "merged", "rank", "id", "parts"]
    assert list(table["step"]) == ["characters", "1", "2", "3"]
    assert list(table["rank"]) == ["", *(str(step.rank) for step in steps)]
    assert list(table["id"]) == ["", *(str(step.token_id) for step in steps)]
    assert [seen(cell) for cell in table["parts"]] == ["␣ · t · h · e", *(" · ".join(map(token_label, step.parts)) for step in steps)]  # fmt: skip
    assert "a character that is no token as its bytes" in said_of(at, len(ids) - 1)
    assert not at.table
    assert at.latex[0].value.startswith("$$\n" + r"\text{text} \to \text{characters} \to \text{tokens}")


def test_a_word_that_was_taken_whole_is_not_said_to_be_merged(folder):
    own = embedcore.open_model(folder / "llama3.onnx").tokenizer
    built = next(
        token for token in (b" cannot", b" lists", b" the", b" cat") if merge_steps(own, own.ordinary_id(token))
    )
    stuck = next(token for token, each in own.ordinary if token[:1] == b" " and token[1:].isalpha() and not merge_steps(own, each))  # fmt: skip
    text = (built + stuck).decode()
    at = visit("tokens.py", model="llama3", text=text)
    assert f"the text has it as a whole word, which this tokenizer takes at once, without merges. Inside a longer word merges build it: byte-pair encoding starts with single bytes and {LEARNED}" in said_of(at, 0)  # fmt: skip
    assert "takes at once. Merges do not build it: they stop at `" in said_of(at, 1)
    ids = ", ".join(map(str, (own.ordinary_id(stuck), own.ordinary_id(b"t"))))
    at = visit("tokens.py", model="llama3", write="token ids", ids=ids)
    assert "So only a text with the whole word becomes it." in said_of(at, 0)
    assert said_of(at, 1).endswith("this is a single byte. Merges start from single bytes.")


def test_of_very_many_merges_some_are_left_out_and_counted():
    at = visit("tokens.py", model="spaces", text="the" + " " * 257 + "cats", token=2)
    said = said_of(at, 2)
    table = at.table[0].value
    assert LEARNED in said
    assert list(table["step"]) == ["bytes", *map(str, [*range(1, 21), *range(246, 256)])]
    assert seen(table["parts"].iloc[0]).endswith(" · … 226 more … · " + " · ".join("␣" * 10))
    assert seen(table["merged"].iloc[-1]) == f"{'␣' * 20} … {'␣' * 10}"
    assert "The table shows 30 of 255 merges: those from 21 to 245 are left out." in words(at)


@pytest.mark.parametrize(
    ("model", "said", "stages"),
    [
        ("bert", "this tokenizer is WordPiece, which has no merges. It takes the longest token", r"\text{words} \to "),
        ("t5", "this tokenizer is Unigram, which has no merges. Each token has a probability", ""),
        ("words", "this tokenizer knows whole words alone, and has no merges.", r"\text{words} \to "),
    ],
)
def test_a_tokenizer_without_merges_says_what_it_does(model, said, stages):
    at = visit("tokens.py", model=model, text="the cat")
    assert said in said_of(at, 1)
    assert not at.table
    assert at.latex[0].value.startswith("$$\n" + rf"\text{{text}} \to {stages}\text{{tokens}} \to ")


def test_special_tokens_and_unknown_ones_are_no_merges():
    at = visit("tokens.py", model="bert", text="[MASK] ☃", special=True)
    assert "this is a special token. The tokenizer looks for its name as a whole" in said_of(at, 0)
    assert "this token stands for whatever the tokenizer has no token for." in said_of(at, 1)
