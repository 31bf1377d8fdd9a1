"""The clusters of a map in the order in which a reader meets them, against a slow twin."""

import numpy as np

from embedcore.maps.linear import principal_components
from embedcore.maps.named_clusters import name_clusters


def cosine(left, right):
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def test_clusters_are_ordered_by_likeness_and_named_by_their_most_central_tokens():
    generator = np.random.default_rng(3)
    labels = np.array([1, 0, 0, -1, 1, 0, 2, 2, -1, 1, 0, 2], np.int16)
    vectors = generator.standard_normal((12, 5)) + 3 * labels[:, None] * np.eye(5)[labels % 5]
    vectors += 7 * generator.standard_normal((12, 1)) * np.array([1.0, 1, 0, 0, 1])  # what all share
    ids = np.arange(100, 112) * 3
    first = principal_components(vectors, 2).select([0])
    named = name_clusters(labels, vectors, ids, first, n_tokens=2)

    direction = np.linalg.svd(vectors - vectors.mean(axis=0))[2][0]
    rest = [row - vectors.mean(axis=0) - (row - vectors.mean(axis=0)) @ direction * direction for row in vectors]
    members = {label: [row for row in range(12) if labels[row] == label] for label in range(3)}
    means = {
        label: np.mean([rest[row] / np.linalg.norm(rest[row]) for row in rows], axis=0)
        for label, rows in members.items()
    }
    alike = {label: float(np.linalg.norm(mean)) for label, mean in means.items()}
    order = sorted(alike, key=lambda label: -alike[label])
    assert named.clusters.tolist() == order
    assert named.sizes.tolist() == [len(members[label]) for label in order]
    np.testing.assert_allclose(named.cohesion, [alike[label] for label in order], rtol=1e-4, atol=1e-6)
    for label, central in zip(order, named.central, strict=True):
        nearest = sorted(members[label], key=lambda row: -cosine(rest[row], means[label]))[:2]
        assert central == tuple(int(ids[row]) for row in nearest)
