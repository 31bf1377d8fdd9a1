"""Token ids as people write and paste them → whole numbers; and what text given ids stand for."""

import re
from dataclasses import dataclass
from typing import Final

from embedcore.errors import TokenizationError, UnknownTokenId
from embedcore.tokens.labels import quoted
from embedcore.tokens.tokenizer import Tokenization, Tokenizer

# What stands around ids where a program printed them: tensor([1, 2], device='cuda:0', dtype=torch.int32).
_CALL: Final = r"(?:[A-Za-z_]{1,20}\.){0,3}[A-Za-z]{0,20}(?:[Tt]ensor|[Aa]rray)\s*\("
_VALUE: Final = r"(?:'[^'\n]{0,40}'|\"[^\"\n]{0,40}\"|\([0-9,\s]{0,40}\)|[A-Za-z_][\w.]{0,40})"
_OPTION: Final = rf"(?:dtype|device|shape|size|requires_grad)\s*=\s*{_VALUE}"
_PIECE: Final = re.compile(
    rf"(?P<gap>[\s\u200b\ufeff;,]+)|(?P<call>{_CALL})|(?P<option>{_OPTION})|(?P<open>[\[(])|(?P<close>[\])])"
    r"|(?P<grouped>(?<![\d,])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d))|(?P<word>[^\s\u200b\ufeff,;()\[\]]+)",
    re.ASCII,
)
# re.ASCII keeps \d to 0 … 9, and would keep \s to ASCII as well: Unicode's spaces are made plain ones before.
_SPACES: Final = re.compile(r"\s")
_LARGEST_PIECE: Final = 24


@dataclass(frozen=True, slots=True)
class TextOfIds:
    """What given token ids stand for: `text`, None where their bytes are no UTF-8.

    `again`: the ids into which the tokenizer cuts this text, None where it refuses it; `comes_back`: they are the given
    ones. Where they are not, no ordinary text gives the given ids.
    """

    text: str | None
    again: tuple[int, ...] | None
    comes_back: bool


def read_ids(written: str) -> list[int]:
    """Return the whole numbers in `written`, one row of token ids: parted by commas, semicolons or white space.

    Brackets and what a program prints around them are taken off: `[1, 2]`, `tensor([[1, 2]], device='cuda:0')`,
    `array([1 2], dtype=int64)`. Whether an id is in a vocabulary is not asked here.

    Raises UnknownTokenId, with the piece and the character at which it begins (from 0), at anything else; at `1,000`
    outside of brackets, which may be one number or two ids; at more than one row.

    >>> read_ids("tensor([[2, 3, 5]])")
    [2, 3, 5]
    """
    numbers: list[int] = []
    rows: set[int] = set()
    lists, n_lists = [0], 0  # the lists that are open, by number; 0 is outside of all
    for piece in _PIECE.finditer(_SPACES.sub(" ", written)):
        kind, shown = piece.lastgroup, piece.group()
        if kind == "call":  # its round bracket is no list of its own
            lists.append(lists[-1])
        elif kind == "open":
            n_lists += 1
            lists.append(n_lists)
        elif kind == "close" and len(lists) > 1:
            lists.pop()
        elif kind == "grouped" and lists[-1] == 0:
            raise UnknownTokenId(_is_grouped(shown, piece.start()))
        elif kind in ("word", "grouped"):
            at = piece.start()
            for part in shown.split(","):
                numbers.append(_number(part, at))
                at += len(part) + 1
            rows.add(lists[-1])
    if len(rows) > 1:
        msg = f"there are {len(rows)} rows of token ids, and one text is one row: keep one row, such as [2, 3, 5, 1]"
        raise UnknownTokenId(msg)
    return numbers


def text_of_ids(tokenizer: Tokenizer, tokenization: Tokenization) -> TextOfIds:
    """Return the text that given ids stand for, and whether `tokenizer` cuts it into the same ids."""
    try:
        text = tokenizer.decode_bytes(tokenization.token_ids).decode()
    except UnicodeDecodeError:
        return TextOfIds(None, None, comes_back=False)
    try:
        again = tuple(tokenizer.encode(text).token_ids.tolist())
    except TokenizationError:  # a text that this tokenizer refuses
        return TextOfIds(text, None, comes_back=False)
    return TextOfIds(text, again, comes_back=again == tuple(tokenization.token_ids.tolist()))


def _number(piece: str, at: int) -> int:
    if re.fullmatch(r"[-+]?(?:0|[1-9][0-9]{0,17})", piece, re.ASCII):
        return int(piece)
    shown = quoted(piece, most=_LARGEST_PIECE)
    if set(piece) <= {".", "…"}:
        msg = f"{shown} at character {at} is no token id, it stands for ids that were left out: write all of them"
    else:
        msg = f"{shown} is no token id, at character {at}: write whole numbers from 0, such as 2, 3, 5, 1"
    raise UnknownTokenId(msg)


def _is_grouped(piece: str, at: int) -> str:
    parts = piece.split(",")
    shown = quoted(piece, most=_LARGEST_PIECE)
    if any(part.startswith("0") for part in parts):
        return f"{shown} at character {at} is no token id: write a number without commas"
    return (
        f"{shown} at character {at} may be one number or {len(parts)} token ids: leave its commas out if it is one, "
        f"or write [{parts[0]}, {parts[1]}{', …' if len(parts) > 2 else ''}] if it is {len(parts)}"
    )
