"""Vectors → points of a picture: principal components, t-SNE, UMAP, and how true a map is."""
