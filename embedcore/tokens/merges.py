"""How byte-pair encoding builds one token: from its bytes, always the pair with the lowest rank."""

from dataclasses import dataclass
from itertools import pairwise

from embedcore.tokens.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class MergeStep:
    """One merge: `merged` is the new part, `rank` its id (lower was learned earlier), `parts` what stands after it."""

    merged: bytes
    rank: int
    parts: tuple[bytes, ...]


def merge_steps(tokenizer: Tokenizer, token_id: int) -> tuple[MergeStep, ...]:
    """Return the merges that build `token_id` from single bytes, first to last.

    Single bytes, special tokens, gaps and the toy's whole words need none. Raises UnknownTokenId outside the
    vocabulary. Source: Sennrich et al. 2016, section 3.2; over bytes: Radford et al. 2019, section 2.2.

    >>> [step.merged for step in merge_steps(get_tokenizer("gpt2"), 262)]
    [b' t', b'he', b' the']
    """
    token = tokenizer.token_bytes(token_id)
    if token is None or token not in tokenizer.ranks:
        return ()
    parts = [token[index : index + 1] for index in range(len(token))]
    steps: list[MergeStep] = []
    while len(parts) > 1:
        ranked = [
            (tokenizer.ranks[left + right], index)
            for index, (left, right) in enumerate(pairwise(parts))
            if left + right in tokenizer.ranks
        ]
        if not ranked:
            return ()  # the toy: its words are no merges
        rank, index = min(ranked)
        parts[index : index + 2] = [parts[index] + parts[index + 1]]
        steps.append(MergeStep(parts[index], rank, tuple(parts)))
    return tuple(steps)
