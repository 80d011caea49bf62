"""Both lanes behind one door: a scanner whose batches have what the object lane finds as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dissectors.frames import FrameBatch
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from dissectors.scan.lane import Scanner
from dissectors.scan.names import Names

if TYPE_CHECKING:
    from dissectors.aside.lane import ObjectLane


class Lanes(Scanner):
    """Frames that are set aside are rare, so what decodes them is loaded with the first of them.

    words: texts of kinds and summaries, by numbers in the columns `kind` and `detail`.
    """

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.words = Names()
        self._objects: ObjectLane | None = None

    def scan(self, batch: FrameBatch) -> Scanned:
        """Signalling and tunnelled packets of one batch, in file order."""
        return self._complete(super().scan(batch))

    def stream(self, batches: Iterable[FrameBatch]) -> Iterator[Scanned]:
        """The same of batch after batch; those with little to decode are put together."""
        return map(self._complete, super().stream(batches))

    def _complete(self, scanned: Scanned) -> Scanned:
        if not len(scanned.aside):
            return scanned
        if self._objects is None:
            from dissectors.aside.lane import ObjectLane

            self._objects = ObjectLane(self, self.words)
        return self._objects.read(scanned)
