"""Which rows of a table training never reached: indicators, and how well they tell."""
