"""How packets travel and who follows the trace: as recorded, unless something is changed."""

from __future__ import annotations

from ipaddress import IPv6Address

from replay.trace import Step


class Conduct:
    """Nothing is changed. `departed`: mobile nodes whose story is no longer the recorded one."""

    def __init__(self) -> None:
        self.departed: set[bytes | None] = set()

    def travel_ns(
        self,
        sent_ns: int,  # noqa: ARG002 - for what-ifs
        way: tuple[IPv6Address, IPv6Address],  # noqa: ARG002 - for what-ifs
        step: Step | None,  # noqa: ARG002 - for what-ifs
        usual_ns: int | None,
    ) -> int | None:
        """How long a packet takes from one node to another; None if it is lost.

        step: the recorded message that it is; usual_ns: how long it took in the trace, None if it
        was lost there.
        """
        return usual_ns
