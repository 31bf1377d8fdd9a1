"""What a page says of a scheme, or of a way to stretch rotary positions: facts from the papers and the released code.

In formulas q, k are one head's query and key, d is head_dim, i the query's place and j the key's, unless the paper has
other symbols. `learned` and `fixed` are phrases without a period; `learned` is "nothing" where nothing is.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A scheme for readers: what it does and where, its formula in LaTeX, what is trained, what is fixed, who uses it.

    `used_by` pairs names of models with where that is written, as "Authors Year".
    """

    title: str
    sentence: str
    formula: str
    learned: str
    fixed: str
    used_by: tuple[tuple[str, str], ...]
