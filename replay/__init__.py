"""Node models of the draft: what a mobile node, access router, home agent, MAP and AAA do.

Each will be a sans-IO table over virtual time, so that a trace can be run again and compared.
Nothing is here yet.
"""
