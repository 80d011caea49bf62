"""Captures without the identities of those who are in them."""
