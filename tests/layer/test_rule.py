"""What a file says of its attention: read back as it went, refused where it cannot be."""

from dataclasses import replace

import pytest

from embedcore.contract import ModelMetadata
from embedcore.errors import ModelFileError
from embedcore.layer.rule import Rule, rule_of
from tests.test_contract import METADATA


def test_a_rule_comes_back_as_it_went():
    said = {"is_causal": True, "scale": 0.0625, "softcap": 50.0, "window": 4096}
    props = replace(METADATA, attention=said).to_props()
    assert rule_of(ModelMetadata.from_props(props)) == Rule(is_causal=True, scale=0.0625, softcap=50.0, window=4096)
    assert ModelMetadata.from_props(props).contract_version == 2


def test_a_file_that_says_nothing_has_no_rule():
    assert rule_of(METADATA) is None
    assert "embedcore.attention" not in METADATA.to_props()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"scale": 1.0}, ["lacks is_causal"]),
        ({"is_causal": True, "sinks": 3}, ["1 unknown", "sinks"]),
        ({"is_causal": 1}, ["is_causal 1", "true or false"]),
        ({"is_causal": True, "scale": 0}, ["scale 0", "above 0"]),
        ({"is_causal": True, "softcap": True}, ["softcap True"]),
        ({"is_causal": True, "window": 2.5}, ["window 2.5"]),
        ({"is_causal": True, "scale": "0.1"}, ["scale 0.1"]),
    ],
)
def test_a_rule_that_cannot_be_is_refused(said, words):
    metadata = replace(METADATA, attention=said)
    with pytest.raises(ModelFileError) as caught:
        rule_of(metadata)
    assert all(word in str(caught.value) for word in words)
