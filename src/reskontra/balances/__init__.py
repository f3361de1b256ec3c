"""What customers owe and have bought, in figures, computed from what other rooms store."""
