"""Node models of the draft: what a mobile node, access router, home agent, MAP and AAA do.

Each is sans-IO: `handle(event, now_ns)` gives effects, `next_deadline_ns()` says when to come back
(`replay.events`). What a node does about one mobile node is a table (`replay.machine`). Messages
are those of `dissectors`; `replay.packets` carries them. `replay.simulator` runs nodes in virtual
time.
"""
