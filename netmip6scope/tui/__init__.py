"""The terminal interface: `app` wires, screens lay out, widgets draw, pure modules make text."""
