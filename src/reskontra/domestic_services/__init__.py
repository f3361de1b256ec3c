"""Deductions for domestic services in Sweden (ROT and RUT): kinds of work, and what the authority pays (RRT)."""
