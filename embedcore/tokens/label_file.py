"""A tokenizer's labels as one file for browsers: fetched once, kept there, instead of sent with every picture."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

from embedcore.tokens.tokenizer import get_tokenizer


@dataclass(frozen=True, slots=True)
class LabelFile:
    """`body` is gzip of a JSON array, the label of each id in order; other labels have another `mark`."""

    body: bytes
    mark: str

    @property
    def etag(self) -> str:
        """The mark as a weak ETag: it names the labels, whether they travel packed or not."""
        return f'W/"{self.mark}"'


def vocabulary_labels(tokenizer: str) -> tuple[str, ...]:
    """Return the label of every id of `tokenizer` (a name). Raises TokenizationError if there is none of this name.

    >>> vocabulary_labels("gpt2")[1351]
    '␣list'
    """
    vocabulary = get_tokenizer(tokenizer)
    return tuple(vocabulary.label(token_id) for token_id in range(vocabulary.n_vocab))


@lru_cache(maxsize=12)  # a name is of one vocabulary as long as the process runs
def label_file(tokenizer: str) -> LabelFile:
    """Return the labels of every id of `tokenizer` (a name), packed once in this process.

    Raises TokenizationError if there is none of this name.

    >>> json.loads(gzip.decompress(label_file("gpt2").body))[1351]
    '␣list'
    """
    plain = json.dumps(vocabulary_labels(tokenizer), ensure_ascii=False, separators=(",", ":")).encode()
    return LabelFile(gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:16])
