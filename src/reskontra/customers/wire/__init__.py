"""How customers look on the wire: bodies, answers, and how answers are filled."""
