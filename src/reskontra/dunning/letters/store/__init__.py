"""SQL of existing dunning letters: lists and changes."""
