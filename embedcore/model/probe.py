"""The run that tries a model when it is opened: it must really give what its metadata says it gives."""

from embedcore.errors import ModelFileError
from embedcore.model.model import Model


def probe(model: Model, n_tokens: int) -> None:
    """Run the last id over one place, and the last and the first over up to `n_tokens` of them.

    Raises ModelFileError, with the sizes that the metadata says, where a run fails.
    """
    metadata = model.metadata
    last, sequence = metadata.n_vocab - 1, min(model.longest, n_tokens)
    try:
        model.run([last])  # the arena keeps the first piece that it takes: let it be a small one
        model.run([[last] + [0] * (sequence - 1)])
    except ModelFileError as error:
        msg = (
            f"{model.file_name} says it has {metadata.n_vocab:,} rows and {metadata.context_length:,} positions, but a "
            f"run of id {last} and {sequence:,} tokens fails: {error}"
        )
        raise ModelFileError(msg) from error
