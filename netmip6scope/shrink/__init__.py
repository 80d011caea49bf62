"""Incidents made smaller: the fewest frames with the verdict of all of them."""
