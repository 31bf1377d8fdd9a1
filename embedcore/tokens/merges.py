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

    Single bytes, special tokens, gaps, and tokens of an encoding without merges (the toy's words) need none. Raises
    UnknownTokenId outside the vocabulary. Source: Sennrich et al. 2016, section 3.2; over bytes: Radford et al. 2019,
    section 2.2.

    >>> [step.merged for step in merge_steps(get_tokenizer("gpt2"), 262)]
    [b' t', b'he', b' the']
    """
    token, merges = tokenizer.token_bytes(token_id), tokenizer.merges
    if token is None or merges is None or token not in merges:
        return ()
    parts = [token[index : index + 1] for index in range(len(token))]
    steps: list[MergeStep] = []
    while len(parts) > 1:
        ranked = [
            (merges[left + right], index)
            for index, (left, right) in enumerate(pairwise(parts))
            if left + right in merges
        ]
        if not ranked:
            return ()  # a token that no merges build
        rank, index = min(ranked)
        parts[index : index + 2] = [parts[index] + parts[index + 1]]
        steps.append(MergeStep(parts[index], rank, tuple(parts)))
    return tuple(steps)
