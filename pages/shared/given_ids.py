"""What is said of token ids that were given in place of a text: what they stand for, and whether a text gives them."""

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from embedcore.tokens.written_ids import text_of_ids
from pages.shared.numerals import count

_NAMED = 8


def told(tokenizer: Tokenizer, given: Tokenization) -> str:
    """Return a sentence on ids that no text gives; nothing where the text that they stand for is cut into them again."""
    found = text_of_ids(tokenizer, given)
    if found.text is None:
        return "Their bytes are no text (UTF-8): they are shown as they are given, and no other tokenizer has anything to cut."
    if found.comes_back:
        return ""
    said = "No ordinary text gives these ids: they are shown as they are given. "
    if found.again is None:
        return f"{said}{tokenizer.name} cannot cut the text that they stand for."
    ids = [str(token_id) for token_id in found.again[:_NAMED]] + ["…"] * (len(found.again) > _NAMED)
    return f"{said}{tokenizer.name} cuts the text that they stand for into {count(len(found.again), 'token')}: {', '.join(ids)}."
