"""Reskontra: a self-hosted customer ledger that speaks the Visma Net API."""

__version__ = "0.1.0"
