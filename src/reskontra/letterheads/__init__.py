"""Letterheads: who sends printed documents and how they look, kept as they were when something was sent."""
