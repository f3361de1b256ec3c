"""How open items and their applications look on the wire. Other rooms embed the fields that all documents share."""
