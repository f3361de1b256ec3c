"""How open items and their applications look on the wire; other rooms embed what every document answers."""
