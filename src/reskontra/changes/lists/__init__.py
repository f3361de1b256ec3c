"""Paged lists: lists, filters and pages, defined once for all rooms."""
