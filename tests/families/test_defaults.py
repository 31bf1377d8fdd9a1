"""The defaults that config.json leaves out are those of the installed transformers."""

import pytest

from export.families.checkpoint import defaults
from tests.families.defaults import defaults as of_transformers


@pytest.mark.long
def test_the_committed_defaults_are_those_of_transformers() -> None:
    assert dict(defaults()) == of_transformers()
