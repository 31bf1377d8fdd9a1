"""The positional schemes as a table for documents: which of them give what, as their files declare it."""

from embedcore.schemes.registry import SCHEMES


def markdown_table() -> str:
    """Return the rows of README's table: the schemes whose files give the same, and what that is."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, declared in SCHEMES.items():
        names.setdefault(tuple(declared.outputs), []).append(name)
    rows = [f"| {_code(schemes)} | {_code(outputs) or 'nothing'} |" for outputs, schemes in names.items()]
    return "\n".join(["| `--positions` | what the file gives besides the rows |", "|---|---|", *rows])


def _code(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
