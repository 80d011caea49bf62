"""Capture files in, batches of frames out."""
