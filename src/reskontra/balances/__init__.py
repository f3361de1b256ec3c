"""What customers owe and have bought, in figures. It counts what other rooms keep and writes nothing."""
