"""Small SentencePiece models, trained by the package itself, and texts that are hard to cut."""

import io
import random
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import sentencepiece

CORPUS: Final = [
    "The tokenizer of 2024 isn't the tokenizer of 1999; we'll see what they're doing, I'm sure they've 12345 reasons.",
    "Übergrößenträger naïve café İstanbul 東京は大きい。 Привет, мир! 한국어 ½ ² ٣٤ 🙂🙂",
    "def main(path: str) -> None: for row in range(100): print(f'{row:>10}') return  # done",
    "aaaa aaaaa aaa aa banana bananas papaya hahaha hahahaha ----- ---- == ==== ....... ",
    "    indented    by   spaces  and more      spaces",
]
PIECES: Final = [
    *("the", "tokenizer", " token", "ing", "isn't", "2024", "aaa", "aa", "a", "hahaha", "banana", "--", "=", "..."),
    *("é", "e\u0301", "\u0301", "ｆｕｌｌ", "ｶﾞ", "①", "½", "한", "\u1112\u1161\u11ab", "\u1112\u1161", "\u2126", "ﬁ"),
    *("🙂", "👩‍👩‍👧", "🇩🇪", "東", "日本", "İ", "ß", "ǅ", "Ω", "\u0345", "ấ", "a\u0302\u0301", "\U0001d400", "\u3000"),
    *("\t", "\n", "\r\n", "\u00a0", "\u200b", "▁", "▁▁", " ", "  ", "   ", "\0", "\1", "\x7f", "\ufeff", "\ufffd"),
    *("<s>", "</s>", "<unk>", "<pad>", "<0x41>", "<sep>", "(", "x", "z", "Q", "#include"),
]


@cache
def trained(**options: Any) -> bytes:
    """Return a SentencePiece model of about 300 pieces, or 600 with bytes, in some hundredths of a second."""
    usual: dict[str, Any] = {
        "vocab_size": 600 if options.get("byte_fallback") else 300,
        "hard_vocab_limit": False,
        "minloglevel": 2,
        "character_coverage": 0.98,
    }
    written = io.BytesIO()
    usual |= {"sentence_iterator": iter(CORPUS * 20), "model_writer": written}
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
    sentencepiece.SentencePieceTrainer.train(**usual | given)
    return written.getvalue()


def processor(content: bytes) -> Any:
    """Return the package's own reader of a model."""
    return sentencepiece.SentencePieceProcessor(model_proto=content)


def texts(n: int, seed: int = 0) -> Iterator[str]:
    """Yield random texts of `PIECES`, and the shortest ones."""
    yield from ("", " ", "  ", "▁", "\n", "a ")
    draw = random.Random(seed)
    for _ in range(n):
        yield "".join(draw.choice(PIECES) for _ in range(draw.randrange(1, 12)))
