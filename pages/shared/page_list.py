"""The pages of the app in the order of the navigation: what each is called, and what a search result says of it."""

from dataclasses import dataclass
from typing import Final

PRODUCT: Final = "embedcore"


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page: `address` under the app's own ("" for the first page), `file` in pages/, and its words for people."""

    address: str
    file: str
    title: str
    description: str


LISTED: Final = (
    ListedPage(
        "",
        "overview.py",
        "Overview",
        "See what the first layer of a language model does to your own text: tokens, token vectors, position vectors, "
        "their sum, and the map of the whole vocabulary, with the real numbers of the model's file.",
    ),
    ListedPage(
        "tokens",
        "tokens.py",
        "Tokens",
        "See how a tokenizer cuts your text into tokens: their bytes and ids, tokenizers side by side, the merges "
        "that build a token, and a search of the whole vocabulary.",
    ),
    ListedPage(
        "batches",
        "batches.py",
        "Batches",
        "See how a text becomes training batches: sliding windows, inputs and targets, and the shape of every array.",
    ),
    ListedPage(
        "lookup",
        "lookup.py",
        "Lookup",
        "See that looking up a row of the embedding table is the same as multiplying a one-hot vector by the table.",
    ),
    ListedPage(
        "positions",
        "positions.py",
        "Positions",
        "Compare positional schemes on your own text: learned, sinusoidal, rotary, ALiBi, T5 and more, with their "
        "vectors, attention scores and decay with distance.",
    ),
    ListedPage(
        "sum",
        "sum.py",
        "Sum",
        "See how token vectors and position vectors add up, how much of a sum comes from its position, and what "
        "positions do to word order.",
    ),
    ListedPage(
        "map",
        "map.py",
        "Map",
        "See every row of an embedding table as a point: exact PCA, t-SNE, UMAP or axes of your own, and how far each "
        "map may be trusted.",
    ),
    ListedPage(
        "neighbors",
        "neighbors.py",
        "Neighbors",
        "Find the exact nearest rows of a token, of your text's vectors, or of an expression such as king - man + woman.",
    ),
    ListedPage(
        "audit",
        "audit.py",
        "Audit",
        "Find the rows of an embedding table that training never touched: indicators, a threshold, precision and recall.",
    ),
)


def window_title(title: str, model: str | None) -> str:
    """Return what the browser's window and a shared link are called: the page's title, its model if any, the product."""
    return " · ".join(part for part in (title, model, PRODUCT) if part)
