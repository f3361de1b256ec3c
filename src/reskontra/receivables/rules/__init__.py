"""The rules of open items: what may settle what, by how much, and what that is in base currency."""
