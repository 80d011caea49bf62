"""Wireshark beside us: our messages in its tree, its tree beside ours, and where the two differ."""
