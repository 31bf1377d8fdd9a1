"""What is said of a file that cannot be used: its name, what is wrong with it, and what to do."""

from typing import Final

from embedcore.errors import ModelFileError

AGAIN: Final = "the file is damaged or was not written to its end; fetch or save it again"
_LONGEST: Final = 60  # characters of a text out of a file that a message repeats


def broken(name: str, fault: str, remedy: str = AGAIN) -> ModelFileError:
    """Return the error of the file `name`: "model.safetensors: its header ends after …: fetch it again"."""
    return ModelFileError(f"{shortened(name)}: {fault}: {remedy}")


def shortened(text: object, longest: int = _LONGEST) -> str:
    r"""Return a text out of a file as a message may show it: printable, and no longer than `longest` characters.

    >>> shortened("wte\n")
    'wte\\n'
    """
    plain = str(text)[: longest + 1]
    shown = plain if plain.isprintable() else ascii(plain)[1:-1]
    return shown if len(shown) <= longest else f"{shown[:longest]}…"
