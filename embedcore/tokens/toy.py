"""The toy tokenizer: six tokens, the words of the book's 6 × 3 example."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from embedcore.errors import TokenizationError
from embedcore.tokens.encoding import Encoded
from embedcore.tokens.labels import quoted

# In the order of their ids: "fox jumps over dog" is [2, 3, 5, 1].
TOY_TOKENS: Final = (b" brown", b" dog", b"fox", b" jumps", b" lazy", b" over")
TOY: Final = "toy"


class ToyEncoding:
    """Whole words, without special tokens and without merges; any other text is refused."""

    n_vocab = len(TOY_TOKENS)
    special_tokens: Mapping[str, int] = {}
    merges: Mapping[bytes, int] | None = None
    _ids: Mapping[bytes, int] = {token: token_id for token_id, token in enumerate(TOY_TOKENS)}
    _pattern = re.compile("|".join(re.escape(token.decode()) for token in TOY_TOKENS))

    @property
    def tokens(self) -> Iterable[tuple[bytes, int]]:
        """The six tokens and their ids."""
        return self._ids.items()

    def encode(self, text: str, *, allow_special: bool) -> Encoded:
        """Cut `text` into the six words. Raises TokenizationError at the first character that begins none of them."""
        del allow_special  # the toy has no special tokens
        token_ids, end = [], 0
        while end < len(text):
            match = self._pattern.match(text, end)
            if match is None:
                words = ", ".join(repr(token.decode()) for token in TOY_TOKENS)
                msg = (
                    f"{quoted(text[end:], most=12)} at character {end} is none of the toy's {self.n_vocab} tokens "
                    f"({words}): write “fox jumps over dog”, or choose another model"
                )
                raise TokenizationError(msg)
            token_ids.append(self._ids[match.group().encode()])
            end = match.end()
        return Encoded(token_ids)
