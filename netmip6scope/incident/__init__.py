"""Incidents: captures that are replayed, and what comes of it."""
