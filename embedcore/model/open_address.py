"""The address of a model that an engine opens → Model: what it says of itself is checked, and a run tries it."""

from typing import Final

from embedcore.engine import registry
from embedcore.engine.declaration import Opened
from embedcore.engine.providers import ProviderRequest
from embedcore.errors import ModelFileError
from embedcore.layer.steps import check_steps
from embedcore.model.model import Model
from embedcore.model.probe import probe
from embedcore.schemes.parameters import check_scheme_name, parameter_breaches

_LONGEST_PROBE: Final = 64  # tokens: what a run gives may have to come over a network


def open_address(address: str, *, provider: ProviderRequest = "auto") -> Model:
    """Open the model at `address`, and try one run. Raises what `embedcore.open_model` raises."""
    opened = registry.open_address(address, provider)
    try:
        return _model(address, opened)
    except Exception:
        opened.engine.close()
        raise


def _model(address: str, opened: Opened) -> Model:
    check_scheme_name(opened.metadata)
    check_steps(opened.metadata)
    breaches = parameter_breaches(opened.metadata)
    if breaches:
        msg = f"{address[:200]} breaks the model contract: " + "; ".join(breaches) + ". Export the model again"
        raise ModelFileError(msg)
    model = Model(opened.metadata, opened.sha256, opened.engine, address=address)
    probe(model, _LONGEST_PROBE)
    return model
