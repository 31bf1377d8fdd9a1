"""One map to be made: a page requests it, the finished file is named by it, and a map maker reads it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from embedcore.errors import EmbedcoreError
from embedcore.maps.recipe import Recipe, ingredients
from embedcore.model.stages import Stage, checked_stage


@dataclass(frozen=True, slots=True)
class MapJob:
    """A map of some rows of a model at a stage, by a recipe.

    `model` is a name or a path, `sha256` that of its file (None: any). `rows` is a packed set of token ids, or None for
    all. `axes` are the expressions of the method "axes", one for each axis.
    """

    model: str
    sha256: str | None
    stage: Stage
    recipe: Recipe
    rows: str | None = None
    axes: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return the job and the ingredients of its method as plain JSON values."""
        return {
            "model": self.model,
            "sha256": self.sha256,
            "stage": self.stage,
            "rows": self.rows,
            "recipe": self.recipe.to_json(),
            "axes": list(self.axes),
            "ingredients": ingredients(self.recipe.method),
        }

    def to_json(self) -> str:
        """Return the job as text: equal jobs give equal texts."""
        return json.dumps(self.values(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "MapJob":
        """Read what `to_json` wrote. Raises EmbedcoreError for another text, and where it names other ingredients."""
        try:
            values = json.loads(text)
            recipe = values["recipe"]
            job = cls(
                model=values["model"],
                sha256=values["sha256"],
                stage=checked_stage(values["stage"]),
                recipe=Recipe(recipe["method"], recipe["n_components"], tuple(recipe["components"]), recipe["seed"]),
                rows=values["rows"],
                axes=tuple(values["axes"]),
            )
            is_same = values == job.values()
        except (ValueError, KeyError, TypeError) as error:
            msg = f"this is no job of a map ({type(error).__name__}): give what MapJob.to_json wrote"
            raise EmbedcoreError(msg) from error
        if not is_same:
            msg = "embedcore has changed since this map was asked for: start the server again, and open the page again"
            raise EmbedcoreError(msg)
        return job

    @property
    def key(self) -> str:
        """The name of the finished map's file, without its ending: 32 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]
