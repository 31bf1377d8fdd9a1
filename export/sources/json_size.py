"""How much a JSON text would become, known before anything is made of it."""

from typing import Final

from export.sources.broken import broken

MOST_VALUES: Final = 1_200_000  # a header of 100,000 tensors has fewer; in Python they take some 300 MB


def check_json_size(name: str, text: bytes) -> None:
    """Raise ModelFileError if the JSON text in the file `name` has more than 1,200,000 values.

    Each value but the first follows a comma or a bracket, so their count is the most that there can be. A value takes
    a hundred times the room of its two characters.
    """
    n_values = text.count(b",") + text.count(b"[") + text.count(b"{")
    if n_values > MOST_VALUES:
        fault = f"its JSON has {n_values:,} values, and {MOST_VALUES:,} are the most"
        raise broken(name, fault, "save the model in several files")
