"""The names of tokenizers that lie in model files: each content has one name in this process, and no name has two.

Whatever is kept under a tokenizer's name, its labels for a browser say, is then of one vocabulary. A tokenizer is kept
here as long as somebody holds it; its name is its own for as long as the process runs.
"""

import hashlib
import threading
from collections.abc import Callable, Collection
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

_Kept = TypeVar("_Kept")
_MOST_LETTERS = 60


class OwnNames(Generic[_Kept]):
    """Name → what was made under it of a content, shared between threads. `taken` are names that are never given."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = frozenset(taken)
        self._contents: dict[str, str] = {}  # name → sha256
        self._kept: WeakValueDictionary[str, _Kept] = WeakValueDictionary()
        self._lock = threading.RLock()

    def get(self, name: str) -> _Kept | None:
        """Return what has this name; None where nothing has it, or nobody holds it any more."""
        return self._kept.get(name)

    def keep(self, content: bytes, name: str, make: Callable[[str], _Kept]) -> _Kept:
        """Return what was made of `content` before, or make it, under `name` where no other content has that name.

        Else a number stands behind it: "words (2)".
        """
        sha256 = hashlib.sha256(content).hexdigest()
        name = " ".join(name.split())[:_MOST_LETTERS] or "tokenizer"
        with self._lock:
            own, number = name, 1
            while own in self._taken or self._contents.get(own, sha256) != sha256:
                number += 1
                own = f"{name} ({number})"
            kept = self._kept.get(own)
            if kept is None:
                kept = make(own)
                self._contents[own], self._kept[own] = sha256, kept
            return kept
