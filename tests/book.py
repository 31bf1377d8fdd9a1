"""Numbers that "Build a Large Language Model (From Scratch)" prints in chapter 2."""

# torch.manual_seed(123); torch.nn.Embedding(6, 3)
BOOK_ROWS = [
    [0.3374, -0.1778, -0.1690],
    [0.9178, 1.5810, 1.3010],
    [1.2753, -0.2010, -0.1606],
    [-0.4015, 0.9666, -1.1481],
    [-1.1589, 0.3255, -0.6315],
    [-2.8400, -0.7849, -1.4096],
]
