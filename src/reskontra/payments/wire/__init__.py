"""How payments look on the wire: bodies that are sent, answers, and what fills them."""
