"""Sessions and handoffs out of scanned batches: streaming, with bounded state."""
