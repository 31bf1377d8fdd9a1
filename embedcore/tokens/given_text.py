"""A text as a reader gives it, checked before it is cut into tokens."""

import re
from typing import Any, Final

from embedcore.errors import TokenizationError

# In a longer run of white space the pattern that tiktoken splits text by overflows its stack, which ends in a panic and
# no exception of ours (measured: 999,998 characters pass before another one, 999,999 do not; of other kinds a million
# pass). Half of that leaves room.
MAX_WHITE_SPACE: Final = 500_000
_WHITE_SPACE: Final = re.compile(
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)  # White_Space of Unicode
_LONE: Final = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")


def checked_text(text: Any) -> str:
    """Return `text` with characters that came as two surrogates mended.

    Raises TokenizationError if it is no text, holds half a character, or has too much white space on end.
    """
    if not isinstance(text, str):
        msg = f"a text is expected, not {type(text).__name__}: decode bytes first"
        raise TokenizationError(msg)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _mended(text)
    longest = max((len(run[0]) for run in _WHITE_SPACE.finditer(text)), default=0) if len(text) > MAX_WHITE_SPACE else 0
    if longest > MAX_WHITE_SPACE:
        msg = (
            f"the text has {longest:,} characters of white space on end; at most {MAX_WHITE_SPACE:,} can be cut into "
            "tokens: take some out, or encode the parts before and after by themselves"
        )
        raise TokenizationError(msg)
    return text


def _mended(text: str) -> str:
    lone = _LONE.search(text)
    if lone is not None:
        msg = (
            f"character {lone.start()} of the text is a lone surrogate (U+{ord(lone[0]):04X}), half of a "
            "character that has no bytes: remove it, or paste the text again"
        )
        raise TokenizationError(msg)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
