"""Closing: opening, closing and reopening financial periods. Not what a period is: that is `periods`."""
