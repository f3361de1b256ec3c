"""Paged lists: what a list, a filter and a page are, said once for all rooms."""
