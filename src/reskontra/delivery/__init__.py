"""Delivery: mail as bytes, and handing it to a mail server or into a folder."""
