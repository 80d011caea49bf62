"""Frames from network interfaces as they come, to pcapng files."""
