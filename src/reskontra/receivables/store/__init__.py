"""SQL of open items and their applications, with a door for each room that reads or moves them."""
