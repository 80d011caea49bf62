"""Message ladders of one mobile node: what was said between which nodes, step by step."""
