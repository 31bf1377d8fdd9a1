"""OwnModels: the files of models that one reader brought, in a private folder, and what is being made of the next."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from embedcore.model.conversion import Conversion
from embedcore.tokens.label_file import label_file


@dataclass(slots=True)
class OwnModels:
    """A session's private folder and its model files by name; maps that were made of them lie with the server's others.

    `conversion` makes the next file, where one runs.
    """

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    maps: set[Path] = field(default_factory=set)
    conversion: Conversion | None = None

    def close(self) -> None:
        """End what runs, and remove all that was made of the reader's files."""
        if self.conversion is not None:
            self.conversion.cancel()
        shutil.rmtree(self.folder, ignore_errors=True)
        for made in self.maps:
            made.unlink(missing_ok=True)
        label_file.cache_clear()
