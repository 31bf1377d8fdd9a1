"""What the Batches page says of batches: every number counted from those that are shown."""

from embedcore.figures.windows import drawn_columns
from embedcore.model.model import InputLayer, Model
from embedcore.tokens.windows import Batch, Batches
from pages.shared import made
from pages.shared.numerals import count, verb


def counts(batches: Batches) -> str:
    """Return how many tokens, windows and batches there are, how many a batch holds, and what is left over."""
    n_batches, n_last = len(batches), batches.n_kept % batches.batch_size
    n_tokens, n_windows = len(batches.token_ids), batches.n_windows
    said = (
        f"{count(n_tokens, 'token')} {verb(n_tokens, 'gives', 'give')} {count(n_windows, 'window')} of {batches.max_length}, which "
        f"{verb(n_windows, 'makes', 'make')} **{count(n_batches, 'batch', 'batches')}**"
    )
    if n_batches == 1 or not n_last:
        said += f" of {n_last or batches.batch_size}" if n_batches else ""
    else:
        said += f", {n_batches - 1:,} of {batches.batch_size} and a last one of {n_last}"
    n_dropped = batches.n_windows - batches.n_kept
    if n_dropped:
        said += (
            f"; the last {count(n_dropped, 'window')} {verb(n_dropped, 'does', 'do')} not fill a batch and "
            f"{verb(n_dropped, 'is', 'are')} dropped"
        )
    n_unused = batches.n_unused
    if n_unused:
        said += f". {count(n_unused, 'token')} of the text {verb(n_unused, 'is', 'are')} in no batch"
    return said + "."


def picture(batch: Batch, batches: Batches, stride: int) -> str:
    """Return what the picture of a batch's windows shows, and how windows of this text lie to each other."""
    max_length = batches.max_length
    said = "Blue cells are inputs, and a gray cell is the target beyond the last one."
    if batches.n_windows > 1:
        said += f" Windows that follow each other in the text share {max(0, max_length - stride)} of {count(max_length, 'token')}"
        gap = stride - max_length
        said += (
            f"; {count(gap, 'token')} between them {verb(gap, 'is never an input', 'are never inputs')}."
            if gap > 0
            else "."
        )
    tokens, per_column = drawn_columns(batch.starts, max_length)
    if len(tokens) <= tokens[-1] - tokens[0]:
        said += " Tokens that no window of this batch touches are left out."
    if per_column > 1:
        said += f" Each column stands for up to {per_column} tokens and has the name of the first."
    return said


def shapes(model: Model, one: InputLayer, n_samples: int) -> str:
    """Return the shapes of a batch's arrays, of which `one` is a sample, and what becomes of its positions."""
    max_length = one.token_ids.shape[1]
    wide = [n_samples, *one.token_embeddings.shape[1:]]
    chain = f"`inputs {[n_samples, max_length]}` → `token_embeddings {wide}`"
    if one.position_embeddings is None:
        chain += f" → `input_embeddings {wide}`"
        return f"{chain}\n\n{made.without_positions(model, one)}"
    chain += f" + `position_embeddings {list(one.position_embeddings.shape)}` → `input_embeddings {wide}`"
    is_one = max_length == 1
    return (
        f"{chain}\n\nThe {count(max_length, 'position vector')} {'is' if is_one else 'are'} the same for every sample, so "
        f"{'it is' if is_one else 'they are'} there once and {'is' if is_one else 'are'} added to "
        + ("the one sample" if n_samples == 1 else f"each of the {n_samples} samples")
        + ": broadcasting."
    )
