"""Asking for mail, and sending what was asked for."""
