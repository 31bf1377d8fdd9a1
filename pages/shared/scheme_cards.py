"""What a page says of each positional scheme, and of each way to stretch rotary positions: facts from the papers.

In formulas q, k are one head's query and key, d is head_dim, i the query's place and j the key's, unless the paper has
other symbols. `learned` and `fixed` are phrases without a period; `learned` is "nothing" where nothing is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Card:
    """A scheme for readers: what it does and where, its formula in LaTeX, what is trained, what is fixed, who uses it.

    `used_by` pairs names of models with where that is written, as "Authors Year".
    """

    title: str
    sentence: str
    formula: str
    learned: str
    fixed: str
    used_by: tuple[tuple[str, str], ...]


CARDS: Final[Mapping[str, Card]] = {
    # Kazemnejad et al. 2023; the score: Vaswani et al. 2017, equation 1
    "none": Card(
        title="No positions (NoPE)",
        sentence=(
            "Nothing is added anywhere: two tokens have the same score wherever they stand. A decoder can still tell order, "
            "because its causal mask lets a token see only what came before."
        ),
        formula=r"e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}}",
        learned="nothing",
        fixed="nothing",
        used_by=(
            ("decoders trained without positions", "Kazemnejad et al. 2023"),
            ("SmolLM3, in every fourth layer", "Hugging Face 2025"),
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
            r"PE_{(pos,\, 2i+1)} = \cos\frac{pos}{b^{2i/d_{\text{model}}}} \end{gathered}"
        ),
        learned="nothing",
        fixed="the waves, [n_positions, d_model]",
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
        used_by=(("the paper's Transformer", "Shaw et al. 2018"), ("Music Transformer", "Huang et al. 2018")),
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
            r"+ \underbrace{v^\top W_{k,R} R_{i-j}}_{(d)} \Big) \end{gathered}"
        ),
        learned="u and v, [n_heads, head_dim] each, and the projection W_kR, which is the identity here",
        fixed="the waves R, a sinusoidal vector a distance",
        used_by=(("Transformer-XL", "Dai et al. 2019"), ("XLNet", "Yang et al. 2019")),
    ),
    # Shaw et al. 2018 without the values; w in the order of distances −(m − 1) … m − 1
    "bert-relative-key": Card(
        title="BERT relative key",
        sentence=(
            "It acts in the score, which gets a second term: the query times a trained vector for its distance from the key. "
            "That is Shaw's scheme without the values."
        ),
        formula=r"e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij}}{\sqrt{d}}, \qquad a_{ij} = w_{i-j}",
        learned="a vector a distance, [2·max_distance − 1, head_dim]",
        fixed="how many distances there are",
        used_by=(("BERT variants", "Huang et al. 2020"), ("W2v-BERT 2.0", "Seamless Communication 2023")),
    ),
    # Huang et al. 2020, method 4
    "bert-relative-key-query": Card(
        title="BERT relative key and query",
        sentence=(
            "It acts in the score, which gets two more terms: the query and the key each meet the same trained vector for "
            "their distance."
        ),
        formula=(
            r"e_{ij} = \frac{q_i \cdot k_j + q_i \cdot a_{ij} + k_j \cdot a_{ij}}{\sqrt{d}}, \qquad a_{ij} = w_{i-j}"
        ),
        learned="a vector a distance, [2·max_distance − 1, head_dim]",
        fixed="how many distances there are",
        used_by=(("BERT variants", "Huang et al. 2020"),),
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
        formula=r"e_{ij} = q_i \cdot k_j + b_{h,\, \text{bucket}(i - j)}",
        learned="a number a bucket and head, [n_buckets, n_heads]",
        fixed="which distances share a bucket",
        used_by=(("T5", "Raffel et al. 2020"), ("mT5", "Xue et al. 2021"), ("Flan-T5", "Chung et al. 2022")),
    ),
    # Press et al. 2022, section 3; h = 1 … n heads, n a power of two
    "alibi": Card(
        title="ALiBi",
        sentence=(
            "The score falls in a straight line with the distance, steeply in some heads and gently in others. Nothing is added "
            "at the input, and nothing is trained."
        ),
        formula=r"e_{ij} = \frac{q_i \cdot k_j}{\sqrt{d}} - m_h\, |i - j|, \qquad m_h = 2^{-8h/n}",
        learned="nothing",
        fixed="a slope a head, [n_heads]",
        used_by=(
            ("the paper's language models", "Press et al. 2022"),
            ("BLOOM", "Scao et al. 2022"),
            ("MPT", "MosaicML 2023"),
        ),
    ),
    # Su et al. 2021, section 3.2; a query at m, a key at n, pairs i = 0 … d/2 − 1
    "rope": Card(
        title="Rotary (RoPE)",
        sentence=(
            "Queries and keys are turned, one pair of dimensions after the other, by an angle that grows with their place. "
            "Places then count in a score through their distance alone."
        ),
        formula=(
            r"\begin{gathered} \frac{(R_{\Theta,m}\, q_m) \cdot (R_{\Theta,n}\, k_n)}{\sqrt{d}} "
            r"= \frac{q_m^\top R_{\Theta,\, n-m}\, k_n}{\sqrt{d}} \\ \theta_i = b^{-2i/d} \end{gathered}"
        ),
        learned="nothing",
        fixed="a frequency a pair, [head_dim / 2]",
        used_by=(
            ("RoFormer", "Su et al. 2021"),
            ("GPT-NeoX-20B", "Black et al. 2022"),
            ("Llama", "Touvron et al. 2023"),
        ),
    ),
}

# s: the factor, L: the trained length, ℓ: the length of the sequence, b: the base, λ: a wavelength in positions.
SCALINGS: Final[Mapping[str, Card]] = {
    # Su et al. 2021, section 3.2.2
    "none": Card(
        title="No extension",
        sentence=(
            "Every pair turns as in training. Past the trained length slow pairs meet angles that the model has never seen."
        ),
        formula=r"\theta_i = b^{-2i/d}",
        learned="nothing",
        fixed="the base",
        used_by=(("GPT-NeoX-20B", "Black et al. 2022"), ("Llama 2", "Touvron et al. 2023")),
    ),
    # Chen et al. 2023, section 2.3
    "linear": Card(
        title="Linear (position interpolation)",
        sentence=(
            "Every frequency is divided by the factor, so that a text that many times longer stays within the trained angles. "
            "Neighbors come closer too, and some fine-tuning follows."
        ),
        formula=r"\theta'_i = \frac{\theta_i}{s}",
        learned="nothing",
        fixed="the factor",
        used_by=(("LLaMA, extended to 32,768 tokens", "Chen et al. 2023"), ("DeepSeek-Coder", "Guo et al. 2024")),
    ),
    # Peng et al. 2023, section 3.1, after bloc97
    "ntk": Card(
        title="NTK-aware",
        sentence=(
            "The base grows, so pairs are stretched unequally: the slowest by the whole factor, the fastest not at all. "
            "It was found to work without fine-tuning."
        ),
        formula=r"\theta'_i = b'^{\,-2i/d}, \qquad b' = b\, s^{d/(d-2)}",
        learned="nothing",
        fixed="the factor",
        used_by=(("LLaMA, without fine-tuning", "bloc97 2023"),),
    ),
    # Peng et al. 2023, section 3.3, after emozilla; this form is that of the reference code
    "dynamic": Card(
        title="Dynamic NTK",
        sentence=(
            "NTK-aware with a factor that follows the text: up to the trained length nothing changes, and beyond it the base "
            "grows with the length."
        ),
        formula=(
            r"\begin{gathered} \theta'_i = b'^{\,-2i/d}, \qquad b' = b\, s'^{\,d/(d-2)} \\"
            r"s' = \max\Big(1,\; s\,\frac{\ell}{L} - (s - 1)\Big) \end{gathered}"
        ),
        learned="nothing",
        fixed="the factor and the trained length",
        used_by=(("Qwen", "Bai et al. 2023"), ("InternLM2", "Cai et al. 2024")),
    ),
    # Peng et al. 2023, sections 3.2 and 3.4; the ramp over whole pairs is that of the reference code
    "yarn": Card(
        title="YaRN",
        sentence=(
            "Pairs that turn often in the trained length are kept, slow ones are stretched by the factor, and between them it "
            "goes over evenly. Cosines and sines grow a little as well, which sharpens attention."
        ),
        formula=(
            r"\begin{gathered} \theta'_i = (1 - \gamma_i)\,\frac{\theta_i}{s} + \gamma_i\,\theta_i \\"
            r"\gamma_i = 1 - \text{clip}\Big(\frac{i - \lfloor p_\beta \rfloor}{\lceil p_\alpha \rceil - \lfloor p_\beta \rfloor},"
            r"\, 0, 1\Big) \\ p_r = \frac{d}{2}\,\frac{\ln(L / 2\pi r)}{\ln b}, \qquad \sqrt{1/t} = 0.1 \ln s + 1 \end{gathered}"
        ),
        learned="nothing",
        fixed="the factor, the trained length, and the turns α and β (beta_slow and beta_fast) between which it goes over",
        used_by=(("Llama 2, extended to 128k tokens", "Peng et al. 2023"), ("DeepSeek-V3", "DeepSeek-AI 2024")),
    ),
    # Llama 3.1's reference code
    "llama3": Card(
        title="Llama 3.1",
        sentence=(
            "Waves that are short against the trained length are kept, long ones are stretched by the factor, and between them "
            "it goes over smoothly."
        ),
        formula=(
            r"\begin{gathered} \theta'_i = (1 - \gamma_i)\,\frac{\theta_i}{s} + \gamma_i\,\theta_i \\"
            r"\gamma_i = \text{clip}\Big(\frac{L/\lambda_i - \alpha}{\beta - \alpha},\, 0, 1\Big), \qquad "
            r"\lambda_i = \frac{2\pi}{\theta_i} \end{gathered}"
        ),
        learned="nothing",
        fixed="the factor, the trained length, and α and β (low_frequency_factor and high_frequency_factor)",
        used_by=(("Llama 3.1", "Grattafiori et al. 2024"),),
    ),
    # Ding et al. 2024, section 3; the attention factor √(1 + ln s / ln L) is that of the reference code
    "longrope": Card(
        title="LongRoPE",
        sentence=(
            "Each pair has a divisor of its own, found by a search and not by a formula: one list up to the trained length, "
            "another beyond. Cosines and sines are multiplied by one more factor."
        ),
        formula=(
            r"\begin{gathered} \theta'_i = \frac{\theta_i}{f_i}, \qquad f = \begin{cases} f^{\text{short}} & \ell \le L \\ "
            r"f^{\text{long}} & \ell > L \end{cases} \\"
            r"\text{attention factor} = \sqrt{1 + \frac{\ln s}{\ln L}} \end{gathered}"
        ),
        learned="nothing by gradients: the divisors, [head_dim / 2] in each list, are searched for",
        fixed="the factor and the trained length",
        used_by=(
            ("LLaMA2 and Mistral, extended to 2048k tokens", "Ding et al. 2024"),
            ("Phi-3-mini-128k", "Abdin et al. 2024"),
        ),
    ),
}
