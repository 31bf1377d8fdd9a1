"""What the entries of a tokenizer.json stand for: `Ġthe`, `▁the`, `<0xE2>` and `##ing` as bytes and as text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from embedcore.tokens.tokenizer_json import TokenizerJson, components

BYTE_ENTRIES: Final = tuple(f"<0x{byte:02X}>" for byte in range(256))
_BYTE: Final = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True, slots=True)
class Writing:
    """How a tokenizer writes its entries.

    `is_byte_level`: each byte is one character, as GPT-2 has it; `space` is what stands for a space, "▁" say;
    `has_bytes`: entries such as `<0xE2>` are bytes; `prefix` and `suffix` mark entries that go on a word ("##") or end
    one ("</w>"); `has_spaces`: words stand apart, though no entry says so; `adds_space`: a space comes before the text.
    """

    is_byte_level: bool
    space: str
    has_bytes: bool
    prefix: str
    suffix: str
    has_spaces: bool
    adds_space: bool

    def token(self, entry: str) -> bytes:
        r"""Return an entry as bytes; the marks of words stay: `##ing` and `ing` are two tokens, with a label each.

        >>> Writing(True, "", False, "", "", False, False).token("Ġthe")
        b' the'
        """
        if self.is_byte_level:
            body = entry.removesuffix(self.suffix) if self.suffix else entry
            if all(character in BYTES for character in body):
                return bytes(BYTES[character] for character in body) + entry[len(body) :].encode()
            return entry.encode()
        byte = _BYTE.fullmatch(entry) if self.has_bytes else None
        if byte is not None:
            return bytes.fromhex(byte[1])
        return (entry.replace(self.space, " ") if self.space else entry).encode()

    def is_byte(self, entry: str) -> bool:
        """Return whether an entry stands for a byte of any character, and not for a character."""
        return self.has_bytes and _BYTE.fullmatch(entry) is not None

    def joined(self, tokens: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return what each of `tokens` adds to the text of all of them: without marks, with the space before a word."""
        prefix, suffix, ends_word = self.prefix.encode(), self.suffix.encode(), True
        parts: list[bytes] = []
        for token in tokens:
            part, begins = token, True
            if prefix and token.startswith(prefix) and len(token) > len(prefix):
                part, begins = token.removeprefix(prefix), False
            if suffix:
                part, begins = token.removesuffix(suffix), ends_word
                ends_word = part != token
            has_space = parts and begins and (self.has_spaces or bool(suffix))
            parts.append(b" " + part if has_space else part)
        if self.adds_space and parts:
            parts[0] = parts[0].removeprefix(b" ")
        return tuple(parts)


def writing_of(read: TokenizerJson) -> Writing:
    """Return how the tokenizer `read` writes its entries."""
    before = [part for key in ("normalizer", "pre_tokenizer") for part in components(read.parts.get(key))]
    every = [*before, *components(read.parts.get("decoder"))]
    kinds = {part.get("type") for part in every}
    space = next(filter(None, map(_space, every)), "")
    is_byte_level = "ByteLevel" in kinds
    prefix = read.model.get("continuing_subword_prefix")
    suffix = read.model.get("end_of_word_suffix")
    return Writing(
        is_byte_level=is_byte_level,
        space=space,
        has_bytes=read.model.get("byte_fallback") is True and not is_byte_level,
        prefix=prefix if isinstance(prefix, str) else "",
        suffix=suffix if isinstance(suffix, str) else "",
        has_spaces=not is_byte_level and not space and read.model["type"] in {"WordPiece", "WordLevel"},
        adds_space=any(map(_adds_space, before)),
    )


def _space(part: Mapping[str, Any]) -> str:
    """Return what a part writes for a space, if it does."""
    if part.get("type") == "Metaspace":
        replacement = part.get("replacement")
        return replacement if isinstance(replacement, str) else ""
    if part.get("type") == "Replace" and isinstance(part.get("pattern"), Mapping):
        pair = part["pattern"].get("String"), part.get("content")
        if " " in pair:
            other = pair[0] if pair[1] == " " else pair[1]
            return other if isinstance(other, str) and other.strip() else ""
    return ""


def _adds_space(part: Mapping[str, Any]) -> bool:
    if part.get("type") == "Metaspace":
        return part.get("prepend_scheme", "always" if part.get("add_prefix_space", True) else "never") != "never"
    return part.get("type") == "Prepend" or (part.get("type") == "ByteLevel" and part.get("add_prefix_space") is True)


def _byte_characters() -> dict[str, int]:
    """Return GPT-2's characters for bytes: printable ones stand for themselves, the others for those from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTES: Final[Mapping[str, int]] = _byte_characters()
