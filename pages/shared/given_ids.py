"""What is said of token ids that were given in place of a text: what they stand for, and whether a text gives them."""

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from embedcore.tokens.written_ids import text_of_ids
from pages.shared.numerals import count

_NAMED = 8


def sentence(tokenizer: Tokenizer, given: Tokenization) -> str:
    """Return a sentence on ids that no text gives; nothing where the text that they stand for is cut into them again."""
    match = text_of_ids(tokenizer, given)
    if match.text is None:
        return "Their bytes are no text (UTF-8): they are shown as they are given, and no other tokenizer has anything to cut."
    if match.comes_back:
        return ""
    words = "No ordinary text gives these ids: they are shown as they are given. "
    if match.again is None:
        return f"{words}{tokenizer.name} cannot cut the text that they stand for."
    ids = [str(token_id) for token_id in match.again[:_NAMED]] + ["…"] * (len(match.again) > _NAMED)
    return f"{words}{tokenizer.name} cuts the text that they stand for into {count(len(match.again), 'token')}: {', '.join(ids)}."
