"""How reports look on the wire, at addresses of our own."""
