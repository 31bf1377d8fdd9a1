"""What the rows of a table are that no token has, and the tokens that have no row: said where the two numbers differ."""

from embedcore.model.model import Model
from pages.shared import plain
from pages.shared.numerals import count, verb


def sentence(model: Model) -> str:
    """Return one sentence where the table and the tokenizer of `model` differ in size; nothing where they do not."""
    n_rows, tokenizer = model.metadata.n_vocab, model.tokenizer
    n_more = n_rows - tokenizer.n_vocab
    both = f"The table has {count(n_rows, 'row')}, and the tokenizer {plain.text(tokenizer.name)} {count(tokenizer.n_vocab, 'id')}"
    if n_more > 0:
        rest = f"the last {count(n_more, 'row')} {verb(n_more, 'is', 'are')} of no token, and no text reaches them"
        return f"{both}: {rest}."
    if n_more < 0:
        return f"{both}: the last {count(-n_more, 'token')} {verb(-n_more, 'has', 'have')} no row, so the model cannot read them."
    return ""
