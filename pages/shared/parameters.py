"""The one table of what a link can set: each parameter's name, kind, default, and the pages that have it.

The name of a parameter is the key of its widget and its name in the address. Whether a value fits the text or the model
of the moment is for its widget to say; what no value of its kind can be never reaches one.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pages.shared.parameter import Kind, Parameter
from pages.shared.scheme_parameters import OF_SCHEMES

OVERVIEW: Final = "overview"  # the page at the bare address
PAGES: Final = tuple(sorted(path.stem for path in Path(__file__).parents[1].glob("*.py") if path.stem != "frame"))

_OF_EVERY_PAGE: Final = (
    Parameter("model", Kind.CHOICE, PAGES),
    Parameter("write", Kind.CHOICE, PAGES, "text"),
    Parameter("text", Kind.TEXT, PAGES, "A list is like a tuple, but a tuple cannot change."),
    Parameter("ids", Kind.TEXT, PAGES, "2, 3, 5, 1"),
    Parameter("provider", Kind.CHOICE, PAGES, "auto"),
    Parameter("walk", Kind.WHOLE, PAGES),
)
_OF_TEXT: Final = (
    Parameter("token", Kind.INDEX, ("overview", "tokens", "lookup", "positions", "sum", "map", "neighbors")),
    Parameter("first", Kind.WHOLE, ("overview", "lookup", "positions", "sum", "map", "neighbors"), 0),
    Parameter("first_sentence", Kind.LINE, ("positions", "sum"), "The list is in the tuple"),
    Parameter("second_sentence", Kind.LINE, ("positions", "sum"), "The tuple is in the list"),
)
_OF_TOKENS: Final = (
    Parameter("left", Kind.CHOICE, ("tokens",), "gpt2"),
    Parameter("right", Kind.CHOICE, ("tokens",), "o200k_base"),
    Parameter("more", Kind.SEVERAL, ("tokens",), ()),
    Parameter("by", Kind.CHOICE, ("tokens",), "text"),
    Parameter("query", Kind.LINE, ("tokens",), ""),
    Parameter("special", Kind.SWITCH, ("tokens",), default=False),
)
_OF_BATCHES: Final = (
    Parameter("batches_of", Kind.CHOICE, ("batches",), "my text"),
    Parameter("max_length", Kind.WHOLE, ("batches",), 4),
    Parameter("stride", Kind.WHOLE, ("batches",), 4),
    Parameter("batch_size", Kind.WHOLE, ("batches",), 8),
    Parameter("drop_last", Kind.SWITCH, ("batches",), default=False),
    Parameter("shuffle", Kind.SWITCH, ("batches",), default=False),
    Parameter("shuffle_seed", Kind.WHOLE, ("batches",), 123, former="seed"),
    Parameter("batch", Kind.WHOLE, ("batches",), 0),
    Parameter("sample", Kind.WHOLE, ("batches",), 0),
)
_OF_POSITIONS: Final = (
    Parameter("schemes", Kind.SEVERAL, ("positions",)),
    Parameter("scheme_seed", Kind.WHOLE, ("positions",), 123, former="seed"),
    Parameter("block", Kind.SWITCH, ("positions",), default=True),
    Parameter("heads", Kind.WHOLE, ("positions",)),
    Parameter("head", Kind.WHOLE, ("positions",), 0),
    Parameter("pair", Kind.WHOLE, ("positions",), -1),
    Parameter("normalize", Kind.SWITCH, ("positions",), default=True),
    Parameter("carried", Kind.SWITCH, ("positions",), default=True),
    Parameter("view", Kind.CHOICE, ("positions",), "What is given"),
    Parameter("shown", Kind.CHOICE, ("positions",), "score"),
    Parameter("one_scale", Kind.SWITCH, ("positions",), default=True),
    Parameter("causal", Kind.SWITCH, ("positions",), default=False),
    Parameter("part", Kind.CHOICE, ("positions",), "position's part"),
    Parameter("reach", Kind.WHOLE, ("positions",), 4096),
    Parameter("log", Kind.SWITCH, ("positions",), default=True),
    Parameter("low", Kind.SWITCH, ("positions",), default=False),
    Parameter("place", Kind.WHOLE, ("positions",)),
    Parameter("first_pair", Kind.WHOLE, ("positions",), 0),
    Parameter("target", Kind.WHOLE, ("positions",)),
    Parameter("n_positions", Kind.WHOLE, ("positions",)),
    Parameter("waves_d_model", Kind.WHOLE, ("positions",)),
)
_OF_SEARCHES: Final = (Parameter("find_by", Kind.CHOICE, ("map", "neighbors"), "text"),)
_OF_MAP: Final = (
    Parameter("method", Kind.CHOICE, ("map",), "PCA"),
    Parameter("dimensions", Kind.CHOICE, ("map",), "2-D"),
    Parameter("stage", Kind.CHOICE, ("map",), "token vectors"),
    Parameter("rows", Kind.CHOICE, ("map",), "all"),
    Parameter("picked", Kind.IDS, ("map",)),
    Parameter("pc_x", Kind.WHOLE, ("map",)),
    Parameter("pc_y", Kind.WHOLE, ("map",)),
    Parameter("pc_z", Kind.WHOLE, ("map",)),
    Parameter("axis_x", Kind.LINE, ("map",)),
    Parameter("axis_y", Kind.LINE, ("map",)),
    Parameter("axis_z", Kind.LINE, ("map",)),
    Parameter("map_seed", Kind.WHOLE, ("map",), 0, former="seed"),
    Parameter("color", Kind.CHOICE, ("map",)),
    Parameter("labels", Kind.SWITCH, ("map",), default=True),
    Parameter("ties", Kind.SWITCH, ("map",), default=False),
    Parameter("tied", Kind.WHOLE, ("map",), 0),
    Parameter("show_text", Kind.SWITCH, ("map",), default=True),
    Parameter("show_positions", Kind.SWITCH, ("map",), default=False),
    Parameter("find", Kind.LINE, ("map",), ""),
    Parameter("box", Kind.BOX, ("map",)),
    Parameter("zoom", Kind.NUMBERS, ("map",)),
    Parameter("zoom2", Kind.NUMBERS, ("map",)),
    Parameter("compare", Kind.SWITCH, ("map",), default=False),
    Parameter("align", Kind.SWITCH, ("map",), default=False),
    Parameter("method2", Kind.CHOICE, ("map",)),
    Parameter("model2", Kind.CHOICE, ("map",)),
    Parameter("stage2", Kind.CHOICE, ("map",), "token vectors"),
    Parameter("pc_x2", Kind.WHOLE, ("map",)),
    Parameter("pc_y2", Kind.WHOLE, ("map",)),
    Parameter("pc_z2", Kind.WHOLE, ("map",)),
    Parameter("axis_x2", Kind.LINE, ("map",)),
    Parameter("axis_y2", Kind.LINE, ("map",)),
    Parameter("axis_z2", Kind.LINE, ("map",)),
    Parameter("map_seed2", Kind.WHOLE, ("map",), 0, former="seed2"),
)
_OF_NEIGHBORS: Final = (
    Parameter("ask", Kind.CHOICE, ("neighbors",), "a token"),
    Parameter("k", Kind.WHOLE, ("neighbors",), 20),
    Parameter("metric", Kind.CHOICE, ("neighbors",), "cosine"),
    Parameter("trained_only", Kind.SWITCH, ("neighbors",), default=False),
    Parameter("find_token", Kind.LINE, ("neighbors",), ""),
    Parameter("id", Kind.WHOLE, ("neighbors",)),
    Parameter("near_kind", Kind.CHOICE, ("neighbors",), "token vector"),
    Parameter("expression", Kind.LINE, ("neighbors",), " functions - function + method"),
)
_OF_AUDIT: Final = (
    Parameter("table", Kind.CHOICE, ("audit",), "input"),
    Parameter("indicator", Kind.CHOICE, ("audit",), "norm"),
    Parameter("category", Kind.CHOICE, ("audit",), "all"),
    Parameter("threshold", Kind.DECIMAL, ("audit",)),
    Parameter("log_rows", Kind.SWITCH, ("audit",), default=True),
)


def table(*groups: Iterable[Parameter]) -> Mapping[str, Parameter]:
    """Return the parameters of all `groups` by name. Raises ValueError where a name stands in it twice."""
    rows: dict[str, Parameter] = {}
    for parameter in (row for group in groups for row in group):
        if parameter.name in rows:
            msg = f"there are two parameters {parameter.name!r}: a widget's key and a name in the address are one thing each"
            raise ValueError(msg)
        rows[parameter.name] = parameter
    return MappingProxyType(rows)


PARAMETERS: Final = table(
    _OF_EVERY_PAGE,
    _OF_TEXT,
    _OF_TOKENS,
    _OF_BATCHES,
    _OF_POSITIONS,
    OF_SCHEMES,
    _OF_SEARCHES,
    _OF_MAP,
    _OF_NEIGHBORS,
    _OF_AUDIT,
)
# These mean nothing without a model: they are written in its token ids, or count its tokens.
WRITTEN_IN_IDS: Final = frozenset({"id", "ids", "picked", "tied", "token"})


def name_today(name: str, page: str) -> str:
    """Return the name that a link's parameter has today: older links of some pages give it a former one.

    >>> name_today("seed", "map"), name_today("seed", "batches"), name_today("k", "map")
    ('map_seed', 'shuffle_seed', 'k')
    """
    heirs = [parameter for parameter in PARAMETERS.values() if parameter.former == name]
    return next((heir.name for heir in heirs if page in heir.pages), heirs[0].name if heirs else name)
