"""SQL of dunning letters that stand: lists and changes."""
