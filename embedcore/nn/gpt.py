"""A small GPT that trains an input layer: pre-norm blocks, learned positions, and one table for input and output."""

import torch
from torch import Tensor, nn

from embedcore.checks.sizes import check_size, head_width


class GPT(nn.Module):
    """A decoder-only transformer whose output weights are its token table (Press & Wolf 2017).

    `d_model` is divisible by `n_heads`, and `dropout` is in [0, 1). The blocks are those of GPT-2 (Radford et al.
    2019), with a norm before attention, another before the feed-forward layer, and GELU.
    """

    def __init__(
        self, *, n_vocab: int, d_model: int, context_length: int, n_layers: int, n_heads: int, dropout: float
    ) -> None:
        head_width(d_model, n_heads)
        check_size(1, n_vocab=n_vocab, context_length=context_length)
        check_size(0, n_layers=n_layers)
        super().__init__()
        self.token_embedding = nn.Embedding(n_vocab, d_model)
        self.position_embedding = nn.Embedding(context_length, d_model)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(d_model, n_heads, dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02 / (2 * n_layers) ** 0.5 if name.endswith("_out.weight") else 0.02)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Return logits [batch, sequence, n_vocab] for `token_ids` int64 [batch, sequence]."""
        positions = torch.arange(token_ids.shape[1], device=token_ids.device)
        x = self.dropout(self.token_embedding(token_ids) + self.position_embedding(positions))
        for block in self.blocks:
            x = block(x)
        return nn.functional.linear(self.norm(x), self.token_embedding.weight)


class Block(nn.Module):
    """Causal self-attention, then a feed-forward layer four times as wide, each added to its input."""

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.attention_out = nn.Linear(d_model, d_model)
        self.feed_forward_norm = nn.LayerNorm(d_model)
        self.feed_forward_in = nn.Linear(d_model, 4 * d_model)
        self.feed_forward_out = nn.Linear(4 * d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the block for `x`, both [batch, sequence, d_model]."""
        batch, sequence, d_model = x.shape
        shape = (batch, sequence, self.n_heads, d_model // self.n_heads)
        q, k, v = (part.view(shape).transpose(1, 2) for part in self.qkv(self.attention_norm(x)).chunk(3, dim=-1))
        attended = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.dropout(self.attention_out(attended.transpose(1, 2).reshape(batch, sequence, d_model)))
        hidden = nn.functional.gelu(self.feed_forward_in(self.feed_forward_norm(x)))
        return x + self.dropout(self.feed_forward_out(hidden))
