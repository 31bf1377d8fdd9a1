"""Every error that embedcore raises on purpose.

    EmbedcoreError
    ├── TokenizationError     text that has no bytes, a tokenizer or vocabulary file that cannot be used
    ├── UnknownTokenId        a token id outside the vocabulary, or no whole number
    ├── SequenceTooLong       more tokens than the model has positions
    ├── ShapeError            an array or a parameter of the wrong shape, size or parity
    ├── ModelFileError        a model file that is missing, broken, foreign or altered
    ├── ProviderUnavailable   an execution provider that was asked for and cannot be had
    └── ParityError           a saved file whose numbers differ from the oracle's

A message holds what was found, what was expected, and the remedy. Any other exception is a bug: where the app is
hosted, a reader is shown the id of an incident in its place, and the server's log says the rest under the same id.
"""

import secrets


class EmbedcoreError(Exception):
    """Base of every error that embedcore raises on purpose."""


class TokenizationError(EmbedcoreError):
    """The text or the vocabulary cannot be tokenized."""


class UnknownTokenId(EmbedcoreError):
    """A token id is outside the vocabulary, or is not a whole number."""


class SequenceTooLong(EmbedcoreError):
    """A sequence has more tokens than the model has positions."""


class ShapeError(EmbedcoreError):
    """An array or parameter has the wrong shape, size or parity."""


class ModelFileError(EmbedcoreError):
    """A model file is missing, broken, foreign, altered or breaks the contract."""


class ProviderUnavailable(EmbedcoreError):
    """The execution provider that was asked for cannot be had here."""


class ParityError(EmbedcoreError):
    """A saved model file disagrees with torch or with the float64 oracle."""


def new_incident() -> str:
    """Return a new id of an incident, eight hexadecimal digits: short enough to be read out, and drawn at random."""
    return secrets.token_hex(4)
