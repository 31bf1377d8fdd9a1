"""A scheme's scores in a few lines of PyTorch, with the maths in the open."""

import math
from functools import singledispatch

from embedcore.model.model import Model
from embedcore.schemes import (
    T5,
    Alibi,
    BertRelative,
    Deberta,
    Heads,
    Learned,
    NoPosition,
    Rope,
    Scheme,
    Shaw,
    Sinusoidal,
    TransformerXL,
)
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.rope_parameters import RopeParameters
from pages.shared.snippets import load_torch
from pages.views.positions.scheme_case import Case, drawn

Lines = list[str]


def pytorch(scheme: Scheme, model: Model, token_ids: list[int], heads: Heads) -> str:
    """Return the code whose `scores` [n_chosen, n, n] are `scheme.attend` of the token rows with themselves.

    It runs in a folder that holds the model's file. Raises ShapeError where `scheme.attend` would, or where the scheme's table is not the one in the model's file.
    """
    case = Case.of(scheme, model, token_ids, heads)
    blocks = (_load(scheme, model), _vectors(scheme, case) + _heads(scheme, case), _scores(scheme, case))
    code = "\n\n".join("\n".join(lines) for lines in blocks)
    imports = [line for name, line in (("math.", "import math"), ("np.", "import numpy as np")) if name in code]
    return "\n".join([*imports, code])


def _load(scheme: Scheme, model: Model) -> Lines:
    lines = load_torch(model).splitlines()
    if isinstance(scheme, Learned):
        return lines
    return [line for line in lines if not line.startswith("position_embedding ")]


def _vectors(scheme: Scheme, case: Case) -> Lines:
    """Return what looks the rows up, and adds positions to them where the scheme does."""
    shape = f"[{case.n}, {case.d_model}]"
    lines = [
        f"token_ids = torch.tensor({case.token_ids})",
        f"rows = token_embedding(token_ids).detach()   # {shape}",
    ]
    if isinstance(scheme, Learned):
        added = f"position_embedding(torch.arange({case.n})).detach()"
        lines.append(f"vectors = rows{case.times(scheme)} + {added}   # {shape}")
    elif isinstance(scheme, Sinusoidal):
        lines += _waves(f"torch.arange({case.n})", case.n, case.d_model, scheme)
        lines.append(f"vectors = rows{case.times(scheme)} + waves   # {shape}")
    return lines


def _heads(scheme: Scheme, case: Case) -> Lines:
    """Return what normalizes the vectors and cuts them into heads; an input layer has no W_q and W_k of its own."""
    vectors, lines = "vectors" if isinstance(scheme, Absolute) else "rows", []
    if case.heads.is_normalized:
        lines.append(
            f"{vectors} = torch.nn.functional.layer_norm({vectors}, ({case.d_model},), eps=1e-5)   # no gain, no bias"
        )
    cut = f"{vectors}.view({case.n}, {case.n_heads}, {case.head_dim}).transpose(0, 1){case.chosen}"
    return [*lines, f"q = k = {cut}   # {case.split}: an input layer has no W_q, W_k"]


@singledispatch
def _scores(scheme: Scheme, case: Case) -> Lines:
    raise NotImplementedError(scheme.name, case)


@_scores.register(NoPosition)
@_scores.register(Absolute)
def _plain(scheme: Scheme, case: Case) -> Lines:
    del scheme
    return [f"scores = q @ k.mT / {case.root}   # {case.scores}"]


@_scores.register
def _shaw(scheme: Shaw, case: Case) -> Lines:
    k = scheme.max_distance
    return [
        _distances(case),
        _table(scheme, 2 * k + 1, case.head_dim),
        f"a = table[(-distances).clamp(-{k}, {k}) + {k}]   # [{case.n}, {case.n}, {case.head_dim}]: a vector a pair",
        f'scores = (q @ k.mT + torch.einsum("hid,ijd->hij", q, a)) / {case.root}   # {case.scores}',
    ]


@_scores.register
def _bert(scheme: BertRelative, case: Case) -> Lines:
    last = scheme.max_distance - 1
    terms = ["q @ k.mT", 'torch.einsum("hid,ijd->hij", q, a)']
    if scheme.has_key_term:
        terms.append('torch.einsum("hjd,ijd->hij", k, a)')
    return [
        _distances(case),
        _table(scheme, 2 * last + 1, case.head_dim),
        f"a = table[distances.clamp(-{last}, {last}) + {last}]   # [{case.n}, {case.n}, {case.head_dim}]: a vector a pair",
        f"scores = ({' + '.join(terms)}) / {case.root}   # {case.scores}",
    ]


@_scores.register
def _deberta(scheme: Deberta, case: Case) -> Lines:
    span, half, rows = scheme.n_buckets or scheme.max_distance, scheme.n_buckets // 2, "distances"
    lines = [_distances(case), _table(scheme, 2 * span, case.head_dim)]
    if scheme.n_buckets:
        rows = "buckets"
        lines += [
            f"share = torch.log(distances.abs().clamp({half}).double() / {half}) / math.log({scheme.max_distance - 1} / {half})",
            f"far = {half} + torch.ceil(share * {half - 1} - 1e-9).long()   # logarithmic beyond {half}",
            f"buckets = torch.where(distances.abs() <= {half}, distances, far * distances.sign())",
        ]
    delta, words = (
        ("delta", "δ(i, j), as the released code; the paper: δ(j, i)") if scheme.is_released else ("delta.T", "δ(j, i)")
    )
    return [
        *lines,
        f"delta = ({rows} + {span}).clamp(0, {2 * span - 1})   # [{case.n}, {case.n}]: δ(i, j)",
        "c2c = q @ k.mT",
        'c2p = torch.einsum("hid,ijd->hij", q, table[delta])',
        f'p2c = torch.einsum("hjd,ijd->hij", k, table[{delta}])   # {words}',
        f"scores = (c2c + c2p + p2c) / (3 * {case.head_dim})**0.5   # {case.scores}",
    ]


@_scores.register
def _t5(scheme: T5, case: Case) -> Lines:
    each = scheme.n_buckets // 2 if scheme.is_bidirectional else scheme.n_buckets
    exact = each // 2
    size, ahead = (
        ("distances.abs()", f" + {each} * (distances < 0)") if scheme.is_bidirectional else ("distances.clamp(0)", "")
    )
    return [
        _distances(case),
        _table(scheme, scheme.n_buckets, case.n_heads),
        f"size = {size}",
        f"share = torch.log(size.clamp({exact}).double() / {exact}) / math.log({scheme.max_distance} / {exact})",
        f"far = {exact} + torch.floor(share * {each - exact} + 1e-9).long()   # logarithmic from {exact} on",
        f"buckets = torch.where(size < {exact}, size, far.clamp(max={each - 1})){ahead}   # [{case.n}, {case.n}]",
        f"bias = table[buckets].permute(2, 0, 1){case.chosen}   # {case.scores}",
        f"scores = q @ k.mT + bias   # {case.scores}; T5 leaves out the root",
    ]


@_scores.register
def _alibi(scheme: Alibi, case: Case) -> Lines:
    n, most = case.n_heads, scheme.bias_max
    power = 2 ** (n.bit_length() - 1)
    lines = [_distances(case), f"exponents = {most:g} * torch.arange(1, {power + 1}) / {power}   # [{power}]"]
    if n > power:
        more = f"{most / 2:g} * torch.arange(1, {2 * (n - power)}, 2) / {power}"
        lines.append(f"exponents = torch.cat((exponents, {more}))   # [{n}]: {n} is no power of two")
    return [
        *lines,
        f"slopes = 2.0 ** -exponents{case.chosen}   # [{case.n_chosen}]",
        f"scores = q @ k.mT / {case.root} - slopes[:, None, None] * distances.abs()   # {case.scores}",
    ]


@_scores.register
def _transformer_xl(scheme: TransformerXL, case: Case) -> Lines:
    n, far, shape = case.n, case.n - 1, (case.n_heads, 1, case.head_dim)
    return [
        _distances(case),
        *_waves(f"torch.arange({-far}, {n})", 2 * n - 1, case.head_dim, scheme),
        f"R = waves[distances + {far}]   # [{n}, {n}, {case.head_dim}]: R(i-j); W_kR is the identity",
        f"u = torch.from_numpy({drawn(scheme.seed, *shape)}){case.chosen}   # drawn, not learned",
        f"v = torch.from_numpy({drawn(scheme.seed + 1, *shape)}){case.chosen}",
        'b, d = torch.einsum("hid,ijd->hij", q, R), torch.einsum("hxd,ijd->hij", v, R)',
        f"scores = (q @ k.mT + b + u @ k.mT + d) / {case.root}   # {case.scores}: (a) + (b) + (c) + (d)",
    ]


@_scores.register
def _rope(scheme: Rope, case: Case) -> Lines:
    parameters = scheme.parameters
    half, d = parameters.n_pairs(case.head_dim), 2 * parameters.n_pairs(case.head_dim)
    is_whole = d == case.head_dim
    first, rest = ("q", "") if is_whole else (f"q[..., :{d}]", f"q[..., {d}:]")
    if parameters.layout == "interleaved":
        repeat = "repeat_interleave(2, 1)"
        partner = f"torch.stack((-q[..., 1:{d}:2], q[..., :{d}:2]), -1).flatten(-2)"
    else:
        repeat = "repeat(1, 2)"
        partner = f"torch.cat((-q[..., {half}:{d}], q[..., :{half}]), -1)"
    turned = f"{first} * cos + partner * sin"
    words = f"{case.split}: each pair (x, y) turned"
    if not is_whole:
        turned, words = f"torch.cat(({turned}, {rest}), -1)", f"{words}, the last {case.head_dim - d} as they were"
    frequencies, attention_factor = _frequencies(parameters, case)
    cos, sin = "angles.cos().float()", "angles.sin().float()"
    if attention_factor:
        frequencies = [*frequencies, f"factor = {attention_factor}   # sharpens attention"]
        cos, sin = "(factor * angles.cos()).float()", "(factor * angles.sin()).float()"
    return [
        f"pairs = torch.arange({half}).double()",
        *frequencies,
        f"angles = (torch.arange({case.n})[:, None] * frequencies).{repeat}   # [{case.n}, {d}]",
        f"cos, sin = {cos}, {sin}   # [{case.n}, {d}]",
        f"partner = {partner}",
        f"q = k = {turned}   # {words}",
        f"scores = q @ k.mT / {case.root}   # {case.scores}",
    ]


def _frequencies(p: RopeParameters, case: Case) -> tuple[Lines, str]:
    """Return the lines that make `frequencies`, and the code of the attention factor where there is one."""
    d, base = 2 * p.n_pairs(case.head_dim), float(p.base)
    factor, trained = float(p.value("factor")), p.value("original_length")
    plain = f"frequencies = {base} ** (-2 * pairs / {d})   # [{d // 2}], radians a position"
    if p.scaling in ("ntk", "dynamic", "stepped"):
        stretch = f"{factor}"
        if p.scaling == "dynamic":
            stretch = f"max(1, {factor} * {case.n} / {trained} - ({factor} - 1))"
        if p.scaling == "stepped":
            stretch = f"max(2 ** math.ceil(math.log2({case.n} / {trained}) + 1) - 1, 1)"
        larger = f"base = {base} * {stretch} ** ({d} / {d - 2})"
        return [larger, f"frequencies = base ** (-2 * pairs / {d})   # [{d // 2}], radians a position"], ""
    if p.scaling == "linear":
        return [plain, f"frequencies = frequencies / {factor}"], ""
    if p.scaling == "llama3":
        low, high = float(p.value("low_frequency_factor")), float(p.value("high_frequency_factor"))
        kept = f"kept = (({trained} * frequencies / (2 * math.pi) - {low}) / ({high} - {low})).clamp(0, 1)"
        return [plain, kept, f"frequencies = kept * frequencies + (1 - kept) * frequencies / {factor}"], ""
    if p.scaling == "longrope":
        name = "long_factors" if case.n > trained else "short_factors"
        divisors = [float(number) for number in p.value(name)]
        code = f"torch.tensor({divisors}).double()" if len(divisors) > 1 else f"{divisors[0]}"
        reason = f"{case.n} positions {'>' if case.n > trained else '<='} {trained}: the {name.split('_')[0]} factors"
        own = p.value("long_mscale" if case.n > trained else "short_mscale") or p.value("attention_factor")
        attention_factor = f"{float(own)}" if own else f"math.sqrt(1 + math.log({factor}) / math.log({trained}))"
        return [plain, f"frequencies = frequencies / {code}   # {reason}"], attention_factor
    if p.scaling == "proportional":
        n_turning = math.floor(p.value("proportion") * (d // 2))
        turning = f"frequencies = frequencies / {factor} * (pairs < {n_turning})   # the other {d // 2 - n_turning} stand still"
        return [plain, turning], ""
    if p.scaling == "yarn":
        first, last = ("math.floor(low)", "math.ceil(high)") if p.value("is_truncated") else ("low", "high")
        turns = f"for turns in ({float(p.value('beta_fast'))}, {float(p.value('beta_slow'))})"
        lines = [
            plain,
            f"low, high = ({d // 2} * math.log({trained} / (turns * 2 * math.pi)) / math.log({base}) {turns})",
            f"low, high = max({first}, 0), min({last}, {d - 1})",
            "ramp = ((pairs - low) / (high - low or 0.001)).clamp(0, 1)   # 0: kept, 1: interpolated",
            f"frequencies = frequencies * (1 - ramp) + frequencies / {factor} * ramp",
        ]
        given, share, over = (float(p.value(name)) for name in ("attention_factor", "mscale", "mscale_all_dim"))
        if given > 0:
            return lines, f"{given}"
        sharpened = f"{0.1 * share:g} * math.log({factor}) + 1"
        return lines, f"({sharpened}) / ({0.1 * over:g} * math.log({factor}) + 1)" if over else sharpened
    return [plain], ""


def _waves(positions: str, n: int, d_model: int, scheme: Sinusoidal | TransformerXL) -> Lines:
    both = "(angles.sin(), angles.cos())"
    waves = f"torch.cat({both}, 1)" if scheme.wave_layout == "halves" else f"torch.stack({both}, -1).flatten(1)"
    return [
        f"frequencies = {float(scheme.base)} ** (-torch.arange(0, {d_model}, 2).double() / {d_model})   # [{d_model // 2}]",
        f"angles = {positions}[:, None] * frequencies   # [{n}, {d_model // 2}]",
        f"waves = {waves}.float()   # [{n}, {d_model}]",
    ]


def _distances(case: Case) -> str:
    return f"distances = torch.arange({case.n})[:, None] - torch.arange({case.n})   # [{case.n}, {case.n}]: i - j"


def _table(scheme: Shaw | BertRelative | Deberta | T5, n_rows: int, n_columns: int) -> str:
    if scheme.table is not None:
        return f'table = weights["position.table"].float()   # [{n_rows}, {n_columns}]'
    return f"table = torch.from_numpy({drawn(scheme.seed, n_rows, n_columns)})   # drawn, not learned"
