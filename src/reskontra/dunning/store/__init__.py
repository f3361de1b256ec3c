"""SQL of reminding: finding who is late, and making and releasing letters."""
