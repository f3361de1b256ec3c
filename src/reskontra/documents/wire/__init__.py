"""How documents look on the wire: the bodies that are sent, the answers, and how answers are filled."""
