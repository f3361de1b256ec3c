"""Pure rules of recorded requests: what is masked, what is remarked on, what would have passed."""
