"""The card of each positional scheme. A test data row says the parameters of each model that a card names."""

from collections.abc import Mapping
from typing import Final

from pages.views.positions.scheme_card import Card

CARDS: Final[Mapping[str, Card]] = {
    # Kazemnejad et al. 2023; the score: Vaswani et al. 2017, equation 1
    "none": Card(
        title="No positions (NoPE)",
        sentence=(
            "Nothing is added anywhere: two tokens have the same score wherever they stand. A decoder can still tell order, "
            "because its causal mask lets a token see only what came before; some models turn queries and keys (RoPE) in their other layers."
        ),
        formula=r"e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}}",
        learned="nothing",
        fixed="nothing",
        used_by=(
            ("decoders trained without positions", "Kazemnejad et al. 2023"),
            ("SmolLM3, in layers 4, 8, 12 …", "Hugging Face 2025"),
            ("Llama 4, in layers 4, 8, 12 …", "Meta 2025"),
            ("Cohere 2 (Command R7B, Command A), in layers 4, 8, 12 …", "Cohere 2025"),
        ),
    ),
    # Gehring et al. 2017, section 3.1; E: the token table, P: the position table
    "learned": Card(
        title="Learned",
        sentence=(
            "Each place has a vector of its own, trained like the rows of the token table and added to them at the input. "
            "A place past the last row has none."
        ),
        formula=r"x_i = E_{w_i} + P_i, \qquad e_{ij} = \frac{q(x_i) \cdot k(x_j)}{\sqrt{d}}",
        learned="a vector a place, [context_length, d_model]",
        fixed="how many places there are",
        used_by=(("GPT-2", "Radford et al. 2019"), ("BERT", "Devlin et al. 2018")),
    ),
    # Vaswani et al. 2017, sections 3.4 and 3.5; b: the base, 10000 in the paper
    "sinusoidal": Card(
        title="Sinusoidal",
        sentence=(
            "Each place gets a fixed pattern of sine and cosine waves, added at the input: fast waves tell neighbors apart, "
            "slow ones the beginning from the end. The paper multiplies the token rows by √d_model first."
        ),
        formula=(
            r"\begin{gathered} x_{pos} = \sqrt{d_{\text{model}}}\, E_{w_{pos}} + PE_{pos} \\"
            r"PE_{(pos,\, 2i)} = \sin\frac{pos}{b^{2i/d_{\text{model}}}} \\"
            r"PE_{(pos,\, 2i+1)} = \cos\frac{pos}{b^{2i/d_{\text{model}}}} \\"
            r"\text{in halves: columns } i \text{ and } d_{\text{model}}/2 + i \end{gathered}"
        ),
        learned="nothing",
        fixed="the waves, [n_positions, d_model]; MarianMT has them in halves, all sines before all cosines",
        used_by=(("the first Transformer", "Vaswani et al. 2017"), ("MarianMT", "Junczys-Dowmunt et al. 2018")),
    ),
    # Shaw et al. 2018, equations 4 and 5
    "shaw": Card(
        title="Relative (Shaw)",
        sentence=(
            "It acts in the score: a key is met together with a trained vector for its distance from the query, and what lies "
            "beyond a largest distance counts as that far. After the softmax a second table does the same for the values."
        ),
        formula=(
            r"\begin{gathered} e_{ij} = \frac{q_i \cdot (k_j + a^K_{ij})}{\sqrt{d}} \\"
            r"a^K_{ij} = w^K_{\text{clip}(j - i,\, k)} \\ \text{clip}(x, k) = \max(-k, \min(k, x)) \end{gathered}"
        ),
        learned="a vector a distance, one table for keys and one for values, [2·max_distance + 1, head_dim] each",
        fixed="the largest distance k",
        used_by=(("the paper's Transformer", "Shaw et al. 2018"),),
    ),
    # Dai et al. 2019, section 3.3
    "transformer-xl": Card(
        title="Transformer-XL",
        sentence=(
            "It acts in the score, which meets fixed waves of the distance; nothing is added at the input. Two trained vectors, "
            "u and v, stand where the query's own place would have counted: they are the same for every query."
        ),
        formula=(
            r"\begin{gathered} A^{\text{rel}}_{i,j} = \frac{1}{\sqrt{d}} \Big( \underbrace{q_i^\top k_j}_{(a)} "
            r"+ \underbrace{q_i^\top W_{k,R} R_{i-j}}_{(b)} \\ {} + \underbrace{u^\top k_j}_{(c)} "
            r"+ \underbrace{v^\top W_{k,R} R_{i-j}}_{(d)} \Big) \\"
            r"R_{x,\, 2i} = \sin\frac{x}{b^{2i/d}}, \quad R_{x,\, 2i+1} = \cos\frac{x}{b^{2i/d}} \\"
            r"\text{in halves: columns } i \text{ and } d/2 + i \end{gathered}"
        ),
        learned="u and v, [n_heads, head_dim] each, and the projection W_kR, which is the identity here",
        fixed=(
            "the waves R, a sinusoidal vector a distance, here as wide as a head; both models have them in halves, all sines before "
            "all cosines"
        ),
        used_by=(("Transformer-XL", "Dai et al. 2019"), ("XLNet", "Yang et al. 2019")),
    ),
    # Shaw et al. 2018 without the values; w in the order of distances −(m − 1) … m − 1
    "bert-relative-key": Card(
        title="BERT relative key",
        sentence=(
            "It acts in the score, which gets a second term: the query times a trained vector for its distance from the key. "
            "That is Shaw's scheme without the values."
        ),
        formula=(
            r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij}}{\sqrt{d}} \\"
            r"a_{ij} = w_{\max(1 - m,\, \min(m - 1,\, i - j))} \end{gathered}"
        ),
        learned="a vector a distance, [2·max_distance − 1, head_dim]",
        fixed="the number m = max_distance of places",
        used_by=(("bert-base-uncased-embedding-relative-key", "Huang et al. 2020"),),
    ),
    # Huang et al. 2020, method 4
    "bert-relative-key-query": Card(
        title="BERT relative key and query",
        sentence=(
            "It acts in the score, which gets two more terms: the query and the key each meet the same trained vector for "
            "their distance."
        ),
        formula=(
            r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij} + k_j \cdot a_{ij}}{\sqrt{d}} \\"
            r"a_{ij} = w_{\max(1 - m,\, \min(m - 1,\, i - j))} \end{gathered}"
        ),
        learned="a vector a distance, [2·max_distance − 1, head_dim]",
        fixed="the number m = max_distance of places",
        used_by=(("bert-base-uncased-embedding-relative-key-query", "Huang et al. 2020"),),
    ),
    # He et al. 2021, equations 2 to 4; p2c and the buckets β as in the released code; m: max_distance
    "deberta": Card(
        title="Disentangled (DeBERTa)",
        sentence=(
            "It acts in the score and keeps content and position apart: the query's content and the key's each meet a vector for "
            "their distance, which the released models count the same way for both, and the paper back for the key. From version 2 "
            "on far distances share logarithmic buckets."
        ),
        formula=(
            r"\begin{gathered} \tilde{A}_{i,j} = \frac{1}{\sqrt{3d}} \Big( \underbrace{Q^c_i \cdot K^c_j}_{\text{c2c}} "
            r"+ \underbrace{Q^c_i \cdot K^r_{\delta(i,j)}}_{\text{c2p}} \\ "
            r"{} + \underbrace{K^c_j \cdot Q^r_{\delta(i,j)}}_{\text{p2c}} \Big), \qquad "
            r"\text{p2c in the paper: } K^c_j \cdot Q^r_{\delta(j,i)} \\"
            r"\delta(i,j) = \max(0, \min(2k - 1,\, \beta(i - j) + k)) \\"
            r"\beta(x) = \begin{cases} x & \text{no buckets, or } |x| \le h \\ "
            r"\text{sign}(x) \Big( h + \Big\lceil \frac{\ln(|x| / h)}{\ln((m - 1) / h)}\, (h - 1) \Big\rceil \Big) & |x| > h "
            r"\end{cases} \quad h = \frac{k}{2} \end{gathered}"
        ),
        learned=(
            "a vector a distance, [2·k, head_dim], with k = n_buckets where there are buckets and m = max_distance else; its two "
            "projections are the identity here"
        ),
        fixed="which distances share a row",
        used_by=(("DeBERTa", "He et al. 2021"), ("DeBERTaV3", "He et al. 2023")),
    ),
    # Raffel et al. 2020, section 2.1
    "t5": Card(
        title="T5 bias",
        sentence=(
            "One trained number for each head and distance is added to the score, which is not divided by √d. Near distances "
            "have a number each, far ones share it in buckets that widen with the distance."
        ),
        formula=(
            r"\begin{gathered} e_{ij} = q_i \cdot k_j + b_{h,\, \text{bucket}(i - j)} \\"
            r"\text{bucket}(x) = o + \begin{cases} y & y < E \\ "
            r"\min\Big(B - 1,\; E + \Big\lfloor \frac{\ln(y / E)}{\ln(m / E)}\, (B - E) \Big\rfloor \Big) & y \ge E \end{cases} \\"
            r"\text{both directions: } B = \frac{n}{2}, \quad y = |x|, \quad o = B \text{ for } x < 0, \text{ else } 0 \\"
            r"\text{behind alone: } B = n, \quad y = \max(0, x), \quad o = 0 \end{gathered}"
        ),
        learned="a number a bucket and head, [n_buckets, n_heads]",
        fixed=(
            "which distances share a bucket: n = n_buckets, m = max_distance, E = ⌊B / 2⌋; encoders look in both directions, decoders "
            "behind alone"
        ),
        used_by=(("T5", "Raffel et al. 2020"), ("mT5", "Xue et al. 2021"), ("Flan-T5", "Chung et al. 2022")),
    ),
    # Press et al. 2022, section 3, and its code; h = 1 … n heads; B: alibi_bias_max of MPT's code
    "alibi": Card(
        title="ALiBi",
        sentence=(
            "The score falls in a straight line with the distance, steeply in some heads and gently in others. Nothing is added "
            "at the input, and nothing is trained."
        ),
        formula=(
            r"\begin{gathered} e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}} - m_h\, |i - j|, \qquad p = 2^{\lfloor \log_2 n \rfloor} \\"
            r"m_h = \begin{cases} 2^{-B h / p} & h \le p \\ 2^{-B (2 (h - p) - 1) / 2p} & h > p \end{cases} \end{gathered}"
        ),
        learned="nothing",
        fixed=(
            "a slope a head, [n_heads], for heads h from 1 to n; B is 8 except in MPT-7B-StoryWriter, where it is 16 (bias_max)"
        ),
        used_by=(
            ("the paper's language models", "Press et al. 2022"),
            ("BLOOM", "Scao et al. 2022"),
            ("MPT-7B", "MosaicML 2023"),
            ("MPT-7B-StoryWriter", "MosaicML 2023"),
        ),
    ),
    # Su et al. 2021, section 3.2; a query at m, a key at n, pairs i = 0 … r/2 − 1; r: rotary_dim
    "rope": Card(
        title="Rotary (RoPE)",
        sentence=(
            "Queries and keys are turned, one pair of dimensions after the other, by an angle that grows with their place. "
            "Places then count in a score through their distance alone; where only the first r dimensions of a head turn, the others "
            "tell nothing of places."
        ),
        formula=(
            r"\begin{gathered} \frac{(R_{\Theta,m}\, q_m) \cdot (R_{\Theta,n}\, k_n)}{\sqrt{d}} "
            r"= \frac{q_m^\top R_{\Theta,\, n-m}\, k_n}{\sqrt{d}} \\ \theta_i = b^{-2i/r}, \qquad i < \frac{r}{2} \end{gathered}"
        ),
        learned="nothing",
        fixed=(
            "a frequency a pair, [rotary_dim / 2]: r = rotary_dim is the whole head in RoFormer and Llama, 24 of 96 dimensions in "
            "GPT-NeoX-20B, 64 of 256 in GPT-J"
        ),
        used_by=(
            ("RoFormer", "Su et al. 2021"),
            ("GPT-J", "Wang 2021"),
            ("GPT-NeoX-20B", "Black et al. 2022"),
            ("Llama", "Touvron et al. 2023"),
        ),
    ),
}
