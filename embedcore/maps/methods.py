"""How a map may be made: one row for each method. What names methods (pages, export, benchmarks) is derived from here.

A new layout is one file with its maker, one row here, and its id in `Method`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, Literal

Method = Literal["pca", "tsne", "umap", "axes"]
# What a reader chooses: principal components, expressions as axes, or the seed of a layout, which has no axes.
Choice = Literal["components", "axes", "seed"]

_EXACT: Final = "Any other vector is placed exactly, by the same formula."
_ESTIMATE: Final = (
    "The layout starts from the first principal components and the exact 15 nearest rows of each row, by cosine. A new "
    "vector has no place of its own: it is put at the mean of its 5 nearest rows' places, weighted by 1 / distance², "
    "distance = 1 − cosine."
)


@dataclass(frozen=True, slots=True, eq=False)
class MapMethod:
    """One method: its id in code and files, its title on pages, and all that is true of it alone.

    `description` ends "a map by …"; `formula` is LaTeX; `placing` says where a vector lies that is no row. `library` is
    a distribution's name, `parameters` what it is given beside the graph, the start and the seed. `seconds` is what a
    measured map of 50,257 rows takes on two cores, in 2-D and 3-D, and `least_seconds` one of few rows. `maker` is
    "module:function", imported when a map is made: the libraries are large. With the choice "seed" it takes (vectors,
    graph, start, seed, parameters, progress) and returns points; otherwise (vectors, recipe, directions), and returns
    a LinearProjection.
    """

    id: Method
    title: str
    description: str
    formula: str
    placing: str
    choice: Choice
    library: str
    seconds: tuple[int, int]
    maker: str
    least_seconds: int = 5
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_axes(self) -> bool:
        """Whether directions on the map mean something."""
        return self.choice != "seed"

    @property
    def library_version(self) -> str:
        """The name and version of the library, "openTSNE 1.0.4"; "numpy" alone, whose versions give equal maps."""
        return self.library if self.has_axes else f"{self.library} {version(self.library)}"

    def make(self, *arguments: Any) -> Any:
        """Call the maker, which is imported now."""
        module, name = self.maker.split(":")
        maker: Callable[..., Any] = getattr(import_module(module), name)
        return maker(*arguments)


_ROWS: Final = (
    MapMethod(
        "pca",
        "PCA",
        "their principal components",
        r"\text{point}_i = W\,(\text{vector}_i - \text{mean}) \qquad "
        r"W: \text{the chosen eigenvectors of the covariance}",
        _EXACT,
        "components",
        "numpy",
        (15, 20),
        "embedcore.maps.linear_makers:on_components",
    ),
    MapMethod(
        "tsne",
        "t-SNE",
        "t-SNE",
        r"\min_y \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}} \qquad "
        r"q_{ij} \propto (1 + |y_i - y_j|^2)^{-1},\; p: \text{15 nearest by cosine}",
        _ESTIMATE,
        "seed",
        "openTSNE",
        (30, 400),
        "embedcore.maps.tsne_maker:tsne",
        # Phases: iterations, exaggeration, and how coarse the grid of its far forces is (1 is the library's own).
        # Coarse while the points are far from their places: half the time for the same trustworthiness.
        parameters={"affinities": "uniform", "phases": [[250, 12.0, 2.0], [250, 1.0, 1.5], [250, 1.0, 1.0]]},
    ),
    MapMethod(
        "umap",
        "UMAP",
        "UMAP",
        r"\min_y \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}} + (1 - p_{ij}) \log \frac{1 - p_{ij}}{1 - q_{ij}} "
        r"\qquad q_{ij} = (1 + a\,|y_i - y_j|^{2b})^{-1}",
        _ESTIMATE,
        "seed",
        "umap-learn",
        (60, 90),
        "embedcore.maps.umap_maker:umap",
        least_seconds=25,  # it compiles first
        parameters={"min_dist": 0.1, "spread": 1.0, "n_epochs": 200, "negative_sample_rate": 5},
    ),
    MapMethod(
        "axes",
        "own axes",
        "the reader's own axes",
        r"\text{coordinate}_i = \text{vector}_i \cdot \frac{a}{|a|} \qquad a: \text{the expression's vector}",
        f"{_EXACT} Zero is where the zero vector lies.",
        "axes",
        "numpy",
        (15, 20),
        "embedcore.maps.linear_makers:on_axes",
    ),
)
METHODS: Final[dict[str, MapMethod]] = {row.id: row for row in _ROWS}


def layout_ids() -> tuple[Method, ...]:
    """Return the ids of the methods whose maps have no axes."""
    return tuple(row.id for row in METHODS.values() if not row.has_axes)


def projection_ids() -> tuple[Method, ...]:
    """Return the ids of the methods that need nothing but vectors: those of `embedcore.project`."""
    return tuple(row.id for row in METHODS.values() if row.choice != "axes")
