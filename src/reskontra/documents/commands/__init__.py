"""What is done with a document: creating, changing, deleting, releasing, crediting."""
