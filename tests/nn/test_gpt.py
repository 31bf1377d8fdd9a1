"""The small GPT is causal and weight-tied, and gives the numbers of a slow twin written from the papers in float64."""

import math

import numpy as np
import pytest
import torch

from embedcore.errors import ShapeError
from embedcore.nn.gpt import GPT

N_VOCAB, D_MODEL, CONTEXT_LENGTH, N_HEADS = 11, 8, 6, 2


@pytest.fixture
def model():
    torch.manual_seed(0)
    gpt = GPT(n_vocab=N_VOCAB, d_model=D_MODEL, context_length=CONTEXT_LENGTH, n_layers=2, n_heads=N_HEADS, dropout=0.1)
    for weight in gpt.parameters():  # far from the start, where biases are 0 and norms are 1, so each must be used
        torch.nn.init.normal_(weight, mean=0.1, std=0.5)
    return gpt.eval()


def test_logits_are_those_of_the_slow_twin(model):
    ids = torch.tensor([[3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 5, 10]])
    with torch.no_grad():
        logits = model(ids).numpy()
    assert logits.shape == (2, CONTEXT_LENGTH, N_VOCAB)
    weights = {name: weight.detach().numpy().astype(np.float64) for name, weight in model.named_parameters()}
    for row, expected in zip(ids.numpy(), logits, strict=True):
        np.testing.assert_allclose(expected, _slow_gpt(weights, row), rtol=1e-4, atol=1e-4)


def test_a_later_token_changes_no_earlier_logits(model):
    ids = torch.tensor([[3, 1, 4, 1, 5, 9]])
    changed = ids.clone()
    changed[0, 4] = 7
    with torch.no_grad():
        before, after = model(ids).numpy(), model(changed).numpy()
    np.testing.assert_array_equal(after[:, :4], before[:, :4])
    assert (np.abs(after[:, 4:] - before[:, 4:]).max(axis=-1) > 1e-3).all()


def test_the_output_weights_are_the_token_table(model):
    seen = []
    model.norm.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach()))
    with torch.no_grad():
        logits = model(torch.tensor([[3, 1, 4]]))
    table = model.token_embedding.weight.detach()
    np.testing.assert_allclose(logits.numpy(), (seen[0] @ table.T).numpy(), rtol=1e-5, atol=1e-5)
    sized_like_the_vocabulary = [name for name, weight in model.named_parameters() if N_VOCAB in weight.shape]
    assert sized_like_the_vocabulary == ["token_embedding.weight"]


def test_the_softmax_teaches_rows_that_are_not_in_the_input(model):
    ids = torch.tensor([[3, 1, 4]])
    torch.nn.functional.cross_entropy(model(ids)[0], torch.tensor([1, 4, 8])).backward()
    moved = model.token_embedding.weight.grad.abs().amax(dim=1) > 0
    assert moved.all()


def test_a_new_model_knows_nothing():
    """Its loss is that of an even guess, ln n_vocab."""
    torch.manual_seed(0)
    gpt = GPT(n_vocab=1000, d_model=64, context_length=16, n_layers=2, n_heads=4, dropout=0.0)
    ids = torch.randint(1000, (8, 16))
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(gpt(ids).flatten(0, 1), torch.randint(1000, (128,)))
    assert loss.item() == pytest.approx(math.log(1000), abs=0.1)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ShapeError, match=r"d_model 8 .* 3 heads"):
        GPT(n_vocab=5, d_model=8, context_length=4, n_layers=1, n_heads=3, dropout=0.0)


def _slow_gpt(weights, ids):
    """Return logits [sequence, n_vocab] for ids [sequence] by Radford et al. 2019, one token and one head at a time."""
    stream = [
        weights["token_embedding.weight"][token] + weights["position_embedding.weight"][place]
        for place, token in enumerate(ids)
    ]
    for number in range(2):
        block = {key.removeprefix(f"blocks.{number}."): value for key, value in weights.items()}
        normed = [_norm(x, block, "attention_norm") for x in stream]
        qkv = [np.split(_linear(x, block, "qkv"), 3) for x in normed]
        attended = [_attend(qkv[: place + 1]) for place in range(len(ids))]
        stream = [x + _linear(a, block, "attention_out") for x, a in zip(stream, attended, strict=True)]
        for place, x in enumerate(stream):
            hidden = _linear(_norm(x, block, "feed_forward_norm"), block, "feed_forward_in")
            gelu = np.array([h * 0.5 * (1 + math.erf(h / math.sqrt(2))) for h in hidden])
            stream[place] = x + _linear(gelu, block, "feed_forward_out")
    return np.array([weights["token_embedding.weight"] @ _norm(x, weights, "norm") for x in stream])


def _attend(qkv):
    """Return the attention of the last token over all tokens up to itself, head by head."""
    width = D_MODEL // N_HEADS
    gathered = []
    for head in range(N_HEADS):
        part = slice(head * width, (head + 1) * width)
        scores = np.array([qkv[-1][0][part] @ k[part] for _, k, _ in qkv]) / math.sqrt(width)
        shares = np.exp(scores) / np.exp(scores).sum()
        gathered.append(sum(share * v[part] for share, (_, _, v) in zip(shares, qkv, strict=True)))
    return np.concatenate(gathered)


def _linear(x, weights, name):
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]


def _norm(x, weights, name):
    scaled = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
