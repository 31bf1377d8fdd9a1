"""What an input layer does to a token's row, step by step: the steps as data, and their arithmetic in float64."""
