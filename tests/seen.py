"""What a reader sees of Markdown that shows plain text: the tests' own strict reading of what `pages.shared.plain` writes."""

import re

# Marks that mean something in Markdown wherever they stand, and what Streamlit finds in words when escapes are resolved.
_MARK = re.compile(r"[\\`*{}\[\]<>#|~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_FOUND = re.compile(r":\w|@\w|//|(?<!\w)www\.|(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)", re.IGNORECASE)
_LINE_START = re.compile(r"\s*(?:[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|[=-]+\s*$)")


def seen(markdown: str) -> str:
    """Return the characters that a reader sees; fail where any of them could be markup, a link or an icon."""
    assert "\n" not in markdown, f"more than a line: {markdown!r}"
    assert ":material/" not in markdown, f"an icon, in code too: {markdown!r}"
    assert not _LINE_START.match(markdown), f"a list or a heading: {markdown!r}"
    shown, plain, place = [], [], 0
    while place < len(markdown):
        rest = markdown[place:]
        if rest.startswith("`"):
            fence = "`" * (len(rest) - len(rest.lstrip("`")))
            end = re.search(f"(?<!`){fence}(?!`)", rest[len(fence) :])
            assert end, f"code without an end: {rest!r}"
            inner = rest[len(fence) : len(fence) + end.start()]
            if inner.startswith(" ") and inner.endswith(" ") and inner.strip(" "):
                inner = inner[1:-1]
            shown.append(inner)
            plain.append("\0")
            place += len(fence) + end.end()
        elif rest.startswith(":color[]`"):  # an empty span parts two pieces of code
            place += len(":color[]")
        elif rest[0] == "\\" and len(rest) > 1:
            shown.append(rest[1])
            plain.append(rest[1])
            place += 2
        else:
            mark = _MARK.match(markdown, place)
            assert not mark, f"{mark} is not escaped in {markdown!r}"
            shown.append(rest[0])
            plain.append(rest[0])
            place += 1
    said = "".join(plain)
    assert not _FOUND.search(said), f"found after escapes: {_FOUND.search(said)} in {markdown!r}"
    assert said == said.strip(" "), f"spaces at an end are lost: {markdown!r}"
    assert "  " not in said, f"spaces fall together: {markdown!r}"
    return "".join(shown)
