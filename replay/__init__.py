"""What the nodes do: models of the mobile node, access router, home agent, MAP and AAA of the draft.

Each will be a sans-IO table over virtual time, so that a trace can be run again and compared.
Nothing is here yet.
"""
