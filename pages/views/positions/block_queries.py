"""The queries and keys on which the schemes act: those of block 1 where the model's file has them, in words too.

Reading ─ draw (a switch) ─▶ FirstBlock or None ─▶ Comparison ─▶ every view
"""

from collections.abc import Sequence

from embedcore.layer.block import FirstBlock
from embedcore.layer.rule import Rule
from embedcore.model.first_block import first_block
from embedcore.model.model import Model
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.declaration import Declaration, Place
from embedcore.schemes.registry import SCHEMES
from pages.shared import links, plain, widgets
from pages.shared.numerals import count
from pages.shared.reading import Reading
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.heads import default_heads, group_words


def draw(reading: Reading) -> FirstBlock | None:
    """Draw the switch that takes the queries and keys of block 1; None where the file has none, or the reader wants none."""
    block = first_block(reading.model, reading.layer)
    if block is None:
        links.unused("block", "needs a model whose file has the queries and keys of block 1")
        return None
    return block if widgets.toggle("Use the queries and keys of block 1", key="block") else None


def place(declared: Declaration, model: Model, block: FirstBlock | None, n_heads: int) -> Place:
    """Return where a scheme stands that the reader sets: how wide the vectors are on which it acts, and their heads."""
    width = model.metadata.stored_width
    if block is not None:
        is_added = issubclass(declared.scheme, Absolute)
        width, n_heads = (block.rows.shape[1], 1) if is_added else (block.heads_width, block.n_heads)
    return Place(width, model.metadata.context_length, n_heads)


def first_place(declared: Declaration, model: Model, block: FirstBlock | None) -> Place:
    """Return the same at the heads that the model starts with."""
    return place(declared, model, block, default_heads(model))


def words(comparison: Comparison) -> str:
    """Say what queries and keys are, in full sentences: under every picture that depends on it."""
    model, heads, block = comparison.reading.model, comparison.heads, comparison.block
    if block is not None:
        return (
            f"Queries and keys are those of block 1 of {plain.text(model.name)}: the weights in its file make them of your text. "
            f"Block 1 has {group_words(block, int(heads.head or 0))}.{_added_words(comparison.chosen, model)}"
        )
    normalized = (
        ", normalized to mean 0 and variance 1 as by a LayerNorm without gain and bias." if heads.is_normalized else "."
    )
    if first_block(model, comparison.reading.layer) is not None:
        return (
            "The queries and keys of block 1 are switched off in the settings, so the vectors themselves stand in for them (W_q and W_k "
            f"are the identity){normalized}"
        )
    return (
        "An input layer has no attention weights, so queries and keys are the vectors themselves (W_q and W_k are the identity)"
        + normalized
    )


def rule_words(rule: Rule, head_dim: int) -> str:
    """Say by which rule the file's block 1 makes weights of its scores."""
    parts = [
        f"scores are multiplied by {rule.scale:.4g}"
        if rule.scale is not None
        else f"scores are divided by √{head_dim}, the root of the width of a head"
    ]
    if rule.softcap is not None:
        parts.append(f"a score s becomes {rule.softcap:g} · tanh(s / {rule.softcap:g})")
    parts.append(
        "a causal mask hides every later token" if rule.is_causal else "no mask: a query also sees the tokens after it"
    )
    if rule.window is not None:
        parts.append(f"a query sees {count(rule.window, 'token')} at most, itself among them")
    return "By the rule in the file, " + "; ".join(parts) + "; a softmax over the keys makes the weights."


def _added_words(chosen: Sequence[Chosen], model: Model) -> str:
    """Say where a scheme acts that adds vectors, or that meets a model which does: both change what queries are made of."""
    own = SCHEMES[model.metadata.position_scheme]
    is_model_adding = issubclass(own.scheme, Absolute)
    adding = [each.title for each in chosen if isinstance(each.scheme, Absolute) and each.own_of is None]
    acting = [each.title for each in chosen if not isinstance(each.scheme, Absolute) and each.scheme.name != "none"]
    said = ""
    if adding and is_model_adding:
        said += f" {' and '.join(adding)}: its vectors are added where {plain.text(model.name)} adds its own, in their place."
    elif adding:
        said += f" {' and '.join(adding)}: its vectors are added to what enters block 1, to which {plain.text(model.name)} adds none."
    if acting and is_model_adding:
        said += (
            f" {' and '.join(acting)}: queries and keys are made of the vectors without the position vectors that "
            f"{plain.text(model.name)} adds."
        )
    foreign = [each.title for each in chosen if each.own_of is None and each.scheme.name != "none"]
    if foreign:
        said += (
            f" {plain.text(model.name)} was trained with {own.title}, so the other schemes show what they do to its queries and "
            "keys, and not what a model trained with them would do."
            if own.name != "none"
            else f" {plain.text(model.name)} was trained without positions."
        )
    return said
