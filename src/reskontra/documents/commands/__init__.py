"""Creating, changing, deleting, releasing and crediting documents."""
