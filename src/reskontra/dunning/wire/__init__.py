"""How making letters looks on the wire: what is taken, what is answered, and what would be made."""
