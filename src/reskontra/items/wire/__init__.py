"""How items look on the wire: bodies and answers."""
