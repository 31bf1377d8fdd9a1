"""The ways to stretch rotary positions past the trained length: the card of each, and its lines of PyTorch.

In formulas s is the factor, L the trained length, ℓ the length of the sequence, b the base, λ a wavelength in positions,
and d the number of dimensions that turn, which the card of the rotary scheme calls r.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from embedcore.schemes.rope_parameters import RopeParameters
from pages.views.positions.presentation import Card, Variant
from pages.views.positions.schemes import rope_frequencies
from pages.views.positions.snippets.case import Case


@dataclass(frozen=True, slots=True, eq=False)
class Extension(Variant):
    """A way to stretch frequencies; `frequencies` gives its lines, and the code of its attention factor if it has one."""

    frequencies: Callable[[RopeParameters, Case], tuple[list[str], str]]


EXTENSIONS: Final[Mapping[str, Extension]] = {
    # Su et al. 2021, section 3.2.2
    "none": Extension(
        title="No extension",
        card=Card(
            sentence=(
                "Every pair is rotated as in training. Beyond the trained length, pairs of long wavelength reach angles that the model has never seen."
            ),
            formula=r"\theta_i = b^{-2i/d}",
            learned="nothing",
            fixed="the base",
            used_by=(
                ("GPT-NeoX-20B", "Black et al. 2022"),
                ("Llama 2", "Touvron et al. 2023"),
                ("Mistral 7B", "Jiang et al. 2023"),
            ),
        ),
        frequencies=rope_frequencies.plain,
    ),
    # Chen et al. 2023, section 2.3
    "linear": Extension(
        title="Linear (position interpolation)",
        card=Card(
            sentence=(
                "Every frequency is divided by the factor, so that a text longer by that factor stays within the trained angles. "
                "The angles between neighboring positions shrink too, so the models are fine-tuned."
            ),
            formula=r"\theta'_i = \frac{\theta_i}{s}",
            learned="nothing",
            fixed="the factor",
            used_by=(
                ("LLaMA, extended to 32,768 tokens", "Chen et al. 2023"),
                ("DeepSeek-Coder", "Guo et al. 2024"),
                ("Gemma 3, in its global layers", "Gemma Team 2025"),
            ),
        ),
        frequencies=rope_frequencies.linear,
    ),
    # Peng et al. 2023, section 3.1, after bloc97
    "ntk": Extension(
        title="NTK-aware",
        card=Card(
            sentence=(
                "The base grows, so wavelengths are stretched unequally: the longest by the whole factor, the shortest not at all. "
                "It was found to work without fine-tuning."
            ),
            formula=r"\theta'_i = b'^{\,-2i/d}, \qquad b' = b\, s^{d/(d-2)}",
            learned="nothing",
            fixed="the factor",
            used_by=(("LLaMA, without fine-tuning", "bloc97 2023"),),
        ),
        frequencies=rope_frequencies.larger_base,
    ),
    # Peng et al. 2023, section 3.3, after emozilla; this form is that of the reference code
    "dynamic": Extension(
        title="Dynamic NTK",
        card=Card(
            sentence=(
                "This is NTK-aware scaling with a factor that depends on the length of the text: up to the trained length nothing "
                "changes, and beyond it the base grows with the length."
            ),
            formula=(
                r"\begin{gathered} \theta'_i = b'^{\,-2i/d}, \qquad b' = b\, s'^{\,d/(d-2)} \\"
                r"s' = \max\Big(1,\; s\,\frac{\ell}{L} - (s - 1)\Big) \end{gathered}"
            ),
            learned="nothing",
            fixed="the factor and the trained length",
            used_by=(("InternLM2", "Cai et al. 2024"),),
        ),
        frequencies=rope_frequencies.larger_base,
    ),
    # Bai et al. 2023's code, get_ntk_alpha
    "stepped": Extension(
        title="Dynamic NTK in steps",
        card=Card(
            sentence=(
                "This is NTK-aware scaling with a factor that grows with the length of the text in steps: 1 up to the trained length, "
                "3 up to twice that length, 7 up to four times that length, and so on. Qwen also multiplies queries beyond the trained length by log_L of their position, which is not drawn here."
            ),
            formula=(
                r"\begin{gathered} \theta'_i = b'^{\,-2i/d}, \qquad b' = b\, \alpha^{d/(d-2)} \\"
                r"\alpha = \max\Big(1,\; 2^{\lceil \log_2 (\ell / L) + 1 \rceil} - 1\Big) \end{gathered}"
            ),
            learned="nothing",
            fixed="the trained length",
            used_by=(("Qwen-7B", "Bai et al. 2023"),),
        ),
        frequencies=rope_frequencies.larger_base,
    ),
    # Peng et al. 2023, sections 3.2 and 3.4; the ramp over whole pairs is that of the reference code
    "yarn": Extension(
        title="YaRN",
        card=Card(
            sentence=(
                "Pairs that make many full turns within the trained length are kept, those that make few are stretched by the factor, "
                "and between them the stretch grows linearly. Cosines and sines are multiplied by an attention factor above 1, "
                "which sharpens attention; DeepSeek-V3 multiplies its scores instead, which is not drawn here."
            ),
            formula=(
                r"\begin{gathered} \theta'_i = (1 - \gamma_i)\,\frac{\theta_i}{s} + \gamma_i\,\theta_i \\"
                r"\gamma_i = 1 - \text{clip}\Big(\frac{i - \lfloor p_\beta \rfloor}{\lceil p_\alpha \rceil - \lfloor p_\beta \rfloor},"
                r"\, 0, 1\Big) \\ p_r = \frac{d}{2}\,\frac{\ln(L / 2\pi r)}{\ln b}, \qquad "
                r"\sqrt{1/t} = \frac{0.1\, \mu \ln s + 1}{0.1\, \nu \ln s + 1} \end{gathered}"
            ),
            learned="nothing",
            fixed=(
                "the factor, the trained length, and the numbers of turns α and β (beta_slow and beta_fast) between which the "
                "stretch grows, which lie at whole pairs ⌊ ⌋ and ⌈ ⌉ except in GPT-OSS, and between pair 0 and pair d − 1; μ = 1 "
                "and ν = 0 (mscale and mscale_all_dim) except in DeepSeek-V3, where both are 1"
            ),
            used_by=(
                ("Llama 2, extended to 128k tokens", "Peng et al. 2023"),
                ("DeepSeek-V3", "DeepSeek-AI 2024"),
                ("Qwen2.5, extended to 131,072 tokens", "Qwen Team 2024"),
                ("GPT-OSS-20B", "OpenAI 2025"),
            ),
        ),
        frequencies=rope_frequencies.yarn,
    ),
    # Llama 3.1's reference code
    "llama3": Extension(
        title="Llama 3.1",
        card=Card(
            sentence=(
                "Wavelengths that are short compared with the trained length are kept, long ones are stretched by the factor, and "
                "between them the stretch grows smoothly."
            ),
            formula=(
                r"\begin{gathered} \theta'_i = (1 - \gamma_i)\,\frac{\theta_i}{s} + \gamma_i\,\theta_i \\"
                r"\gamma_i = \text{clip}\Big(\frac{L/\lambda_i - \alpha}{\beta - \alpha},\, 0, 1\Big), \qquad "
                r"\lambda_i = \frac{2\pi}{\theta_i} \end{gathered}"
            ),
            learned="nothing",
            fixed="the factor, the trained length, and α and β (low_frequency_factor and high_frequency_factor)",
            used_by=(("Llama 3.1 8B", "Grattafiori et al. 2024"), ("Llama 3.2 1B", "Meta 2024")),
        ),
        frequencies=rope_frequencies.llama3,
    ),
    # Ding et al. 2024, section 3; the attention factor √(1 + ln s / ln L) is that of the reference code
    "longrope": Extension(
        title="LongRoPE",
        card=Card(
            sentence=(
                "Each pair has a divisor of its own, found by a search and not by a formula: one list is for texts up to the trained "
                "length, and another for longer ones. Cosines and sines are multiplied by an attention factor."
            ),
            formula=(
                r"\begin{gathered} \theta'_i = \frac{\theta_i}{f_i}, \qquad f = \begin{cases} f^{\text{short}} & \ell \le L \\ "
                r"f^{\text{long}} & \ell > L \end{cases} \\"
                r"\text{attention factor} = \sqrt{1 + \frac{\ln s}{\ln L}} \end{gathered}"
            ),
            learned="nothing by gradients: the divisors, [head_dim / 2] in each list, were found by a search",
            fixed=(
                "the factor and the trained length; some models give the attention factor as a number, or as one number for each "
                "list (short_mscale and long_mscale)"
            ),
            used_by=(("Phi-3.5-mini", "Abdin et al. 2024"),),
        ),
        frequencies=rope_frequencies.longrope,
    ),
    # Barbero et al. 2024, section 6; Gemma 4's code divides by a factor too, which is 1 there
    "proportional": Extension(
        title="Proportional (p-RoPE)",
        card=Card(
            sentence=(
                "A proportion of the pairs, those of the highest frequencies, is rotated as in a whole head, and the others are not "
                "rotated, so that they carry content at any distance. A head that rotates only its first dimensions has other "
                "frequencies, which are spread over those dimensions."
            ),
            formula=(
                r"\theta'_i = \begin{cases} \frac{b^{-2i/d}}{s} & i < \lfloor \rho\, d / 2 \rfloor \\ 0 & \text{else} \end{cases}"
            ),
            learned="nothing",
            fixed="the proportion ρ, and the factor s, which is 1 in Gemma 4",
            used_by=(("Gemma 4, in its global layers", "Google 2026"),),
        ),
        frequencies=rope_frequencies.proportional,
    ),
}
