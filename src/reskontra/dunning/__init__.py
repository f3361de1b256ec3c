"""Reminding: who is late, at which level, and the letters that say so."""
