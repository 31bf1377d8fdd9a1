"""The parts of a token as one line of code, short enough for a table: of very many, or very long ones, both ends."""

import re
from collections.abc import Sequence
from typing import Final

from embedcore.tokens.labels import token_label
from pages.shared import plain

MOST: Final = 30  # parts of a line, or signs of a part
LAST: Final = 10  # of these, as many from the end
_SIGN: Final = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|.")  # one of a label: an escape is not cut


def line(parts: Sequence[bytes]) -> str:
    """Return parts in their order; of very many the first and the last, with the number of the others."""
    if len(parts) <= MOST:
        return " · ".join(map(code, parts))
    return f"{line(parts[: MOST - LAST])} · … {len(parts) - MOST:,} more … · {line(parts[-LAST:])}"


def code(part: bytes) -> str:
    """Return the label of a part as code; of a very long one the first signs and the last."""
    label = token_label(part)
    signs = _SIGN.findall(label)
    if len(signs) <= MOST:
        return plain.code(label)
    return f"{plain.code(''.join(signs[: MOST - LAST]))} … {plain.code(''.join(signs[-LAST:]))}"
