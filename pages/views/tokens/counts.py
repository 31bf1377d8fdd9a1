"""How many characters, bytes and tokens the reader's text has."""

from embedcore.tokens.pieces import split_characters
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import written
from pages.shared.numerals import count


def sentence(tokenization: Tokenization) -> str:
    """Return the counts of a text in one sentence; its characters only where there is a text."""
    text = written.text_or_none()
    n_tokens, n_bytes = len(tokenization.token_ids), sum(map(len, tokenization.token_bytes))
    characters = "" if text is None else f"{count(len(text), 'character')}, "
    said = f"This is {characters}{count(n_bytes, 'byte')} and {count(n_tokens, 'token')}"
    if n_tokens == 0:
        return f"{said}."
    n_different = len(set(tokenization.token_ids.tolist()))
    different = "each of them different" if n_different == n_tokens else f"{n_different:,} of them different"
    pieces = " Chips that touch are pieces of one character." if split_characters(tokenization) else ""
    return f"{said}, {different}: {n_bytes / n_tokens:.2f} bytes a token.{pieces}"
