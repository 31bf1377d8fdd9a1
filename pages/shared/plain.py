"""What a reader typed and what a token holds, as Markdown that shows every character and never becomes markup.

Streamlit reads everything that it writes as Markdown: errors, captions, labels, titles, help, cells of `st.table`. Of
any text that is not our own, `code` makes inline code, and `text` makes words among which what Markdown might read as
something else stands as inline code. The stylesheet keeps their spaces and isolates their direction, so that
Arabic or Hebrew letters turn nothing around that stands beside them.
"""

import re
from itertools import groupby
from operator import itemgetter
from typing import Final

from embedcore.tokens.labels import visible

# Streamlit writes `:material_` for this before it reads Markdown, in code as well.
_ICON: Final = ":material/"
_APART: Final = ":color[]"  # an empty span: what stands on both sides of it is read by itself

_QUOTED: Final = re.compile(r"(?<!\w)('[^']*'|\"[^\"]*\"|“[^”]*”)(?!\w)")
_OURS: Final = "×−–—…·→←≥≤≠∅␣⏎⇥␍“”‘’²°"  # characters of our own sentences, beside ASCII
_WORD: Final = re.compile(rf" |[!-~{_OURS}]*")
# What is found after escapes are resolved, where no escape helps: links, names between colons, arrows and dashes.
_READ_AS: Final = re.compile(r":\S|@|//|^\W*www\.|^(?:<->|->|<-|--|>=|<=|~=)$", re.IGNORECASE)
_MARKS: Final = re.compile(r"[\\`*{}\[\]<>#|~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_STARTS: Final = re.compile(r"[-+=]|[0-9]+[.)]$")  # what begins a list or a heading, as a line's first word


def code(text: str) -> str:
    """Return `text` as inline code, whatever it holds; control and invisible characters show as `token_label` shows them.

    A text of no characters is no code: it returns "".
    """
    shown = visible(text)
    parts = shown.replace(_ICON, f"{_ICON[:-1]}\0/").split("\0")
    return _APART.join(_fenced(part) for part in parts if part)


def text(message: str) -> str:
    """Return a message of ours with others' words in it as Markdown that shows each of its characters.

    What stands in quotes, and what Markdown might read as something else, becomes code; the rest stays words.
    """
    inner = message.strip(" ")
    lead, _, trail = message.partition(inner) if inner else (message, "", "")
    pieces = [(True, lead)]
    for place, part in enumerate(_QUOTED.split(inner)):  # every other one is quoted
        pieces += [(True, part)] if place % 2 else [(_is_read(word), word) for word in re.split("( +)", part)]
    if len(pieces) > 1 and _STARTS.match(pieces[1][1]):
        pieces[1] = (True, pieces[1][1])
    pieces.append((True, trail))
    together = groupby((piece for piece in pieces if piece[1]), key=itemgetter(0))  # code beside code is one code
    joined = ((is_code, "".join(words for _, words in group)) for is_code, group in together)
    return "".join(code(part) if is_code else _MARKS.sub(r"\\\g<0>", part) for is_code, part in joined)


def _is_read(word: str) -> bool:
    """Return whether Markdown might read `word` as something else, where escapes do not help."""
    return not _WORD.fullmatch(word) or _READ_AS.search(word) is not None


def _fenced(text: str) -> str:
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    is_padded = text.strip(" ") and (text[0] in " `" or text[-1] in " `")
    pad = " " if is_padded else ""
    return f"{fence}{pad}{text}{pad}{fence}"
