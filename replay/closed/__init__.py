"""Closed replay: all nodes of a trace together, told only what came from outside the network.

`outside` is what isolate mode found out about base stations, mobile nodes and AAA, and the user
packets of `journeys`. `world` runs the models in virtual time; `recording` says what the capture
shows of each message, `delays` how long it took, `numbers` which numbers were chosen. `compare`
holds what the models sent against what was recorded.
"""
