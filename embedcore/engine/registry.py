"""Every engine that opens addresses, by their prefix: each file of this folder that declares one is found."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from embedcore.engine.declaration import Declaration, Opened
from embedcore.engine.providers import CPU, CUDA, ProviderRequest, choose_providers
from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.files.modules import modules_in

_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)  # of two letters or more: one is a drive


def is_address(name: object) -> bool:
    """Say whether a model's name is an address: a prefix, and what an engine of that prefix opens.

    >>> is_address("numpy://toy.npz"), is_address("models/toy.onnx")
    (True, False)
    """
    return isinstance(name, str) and _ADDRESS.fullmatch(name) is not None


def open_address(address: str, provider: ProviderRequest) -> Opened:
    """Open the model at `address` by the engine that its prefix names.

    Raises ModelFileError where no engine has this prefix, ProviderUnavailable for a provider that is unknown, and what
    the engine raises.
    """
    choose_providers(provider, (CUDA, CPU))
    match = _ADDRESS.fullmatch(address)
    engines = engines_here()
    if match is None or match[1] not in engines:
        known = ", ".join(f"{prefix}://" for prefix in engines) or "none"
        msg = (
            f"no engine here opens {address[:200]!r}; the addresses that can be opened begin with {known}: give the "
            "path of an .onnx file, or add an engine"
        )
        raise ModelFileError(msg)
    return engines[match[1]].open(match[2], provider)


@cache
def engines_here() -> Mapping[str, Declaration]:
    """Return the engines of this folder, found at the first address that is opened."""
    return declared_in(Path(__file__).parent, __package__)


def declared_in(folder: Path, package: str) -> dict[str, Declaration]:
    """Return the engines that the modules of `package`, in `folder`, list as `DECLARED`, by prefix.

    Raises EmbedcoreError where two have one prefix.
    """
    engines: dict[str, Declaration] = {}
    for module in modules_in(folder, package, but=("registry",)):
        for declared in getattr(module, "DECLARED", ()):
            if declared.prefix in engines:
                msg = f"2 engines open addresses with 1 prefix, {declared.prefix}://: give each a prefix of its own"
                raise EmbedcoreError(msg)
            engines[declared.prefix] = declared
    return engines
