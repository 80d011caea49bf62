"""Result tables: what their columns are, and how each output format writes them."""
