"""Decoders of speech models that no committed case holds: what transformers' block 1 gets, of a decoder alone."""

import numpy as np
import pytest
import torch
from transformers.models.canary.configuration_canary import CanaryDecoderConfig
from transformers.models.canary.modeling_canary import CanaryDecoder

import embedcore
from export.families.layer import layer_of
from export.layer.write import write_layer
from tests.families.array_source import ArraySource


@pytest.fixture
def decoder():
    config = CanaryDecoderConfig(
        vocab_size=48,
        hidden_size=32,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=8,
        num_hidden_layers=1,
        intermediate_size=40,
        max_position_embeddings=20,
    )
    model = CanaryDecoder(config).eval()
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator) + (
            1.0 if "norm.weight" in name else 0.0
        )
    return model


def test_canarys_decoder_adds_waves_over_the_root_of_its_width(decoder, tmp_path):
    token_ids = torch.tensor([[5, 9, 33, 10, 47, 7, 11]])
    seen = {}
    block = decoder.layers[0]
    block.register_forward_pre_hook(lambda _, given: seen.update(block=given[0].detach()))
    for side in ("q_proj", "k_proj"):
        getattr(block.self_attn, side).register_forward_hook(
            lambda _, __, out, side=side: seen.update({side: out.detach()})
        )
    with torch.no_grad():
        decoder(input_ids=token_ids, encoder_hidden_states=torch.zeros(1, 3, 32))
    arrays = {f"model.decoder.{name}": value.numpy() for name, value in decoder.state_dict().items()}
    source = ArraySource({"model_type": "canary", "decoder_config": decoder.config.to_dict()}, arrays)
    write_layer(layer_of(source), tmp_path / "canary.onnx", name="canary")
    given = embedcore.open_model(tmp_path / "canary.onnx", provider="cpu").run(token_ids.numpy())
    np.testing.assert_allclose(given.input_embeddings, seen["block"].numpy(), rtol=2e-5, atol=2e-5)
    for side, name in (("q_proj", "queries"), ("k_proj", "keys")):
        expected = seen[side].reshape(1, 7, 4, 8).transpose(1, 2).numpy()
        np.testing.assert_allclose(given.extras[name], expected, rtol=2e-5, atol=1e-4)
