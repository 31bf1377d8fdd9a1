"""What the tests of pages share."""

import pytest

from embedcore.maps.file import StoredMap, map_path, read_map, vectors_sha256
from embedcore.model.model import Model


@pytest.fixture(scope="session")
def tsne(pydoc: Model) -> StoredMap:
    """The map in two dimensions that lies beside the model."""
    return read_map(map_path(pydoc.file.path, "tsne", 2), vectors_sha256(pydoc.table))
