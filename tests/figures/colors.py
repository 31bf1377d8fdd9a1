"""How far apart two colors look, to each kind of eye: CIELAB distances after Machado, Oliveira & Fernandes (2009)."""

from collections.abc import Iterable, Sequence

import numpy as np

# What each color blindness makes of linear RGB, at severity 1.
EYES = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(color: str) -> np.ndarray:
    """Return #rrggbb as linear RGB, each in [0, 1]."""
    parts = np.array([int(color[index : index + 2], 16) for index in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2)."""
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors (WCAG 2), from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def apart(one: str, other: str, eye: str) -> float:
    """Return how far apart two colors look: about 2 is the least difference that is seen."""
    return float(np.linalg.norm(_lab(one, eye) - _lab(other, eye)))


def nearest(colors: Iterable[str], others: Sequence[str], eye: str) -> float:
    """Return the least distance of any of `colors` to any of `others` that is not itself."""
    return min(apart(one, other, eye) for one in colors for other in others if one != other)


def _lab(color: str, eye: str) -> np.ndarray:
    xyz = _XYZ @ np.clip(np.array(EYES[eye]) @ linear(color), 0, 1) / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])
