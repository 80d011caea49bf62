"""Both lanes behind one door: a scanner whose batches have what the object lane finds as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dissectors.aside.worth import Worth
from dissectors.frames import FrameBatch
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from dissectors.scan.lane import Scanner
from dissectors.scan.names import Names

if TYPE_CHECKING:
    from dissectors.aside.lane import ObjectLane
    from dissectors.aside.verdicts import Verdicts
    from dissectors.authentication.checks import Checks
    from dissectors.authentication.keys import Keys


class Lanes(Scanner):
    """Frames that are set aside are rare, so what decodes them is loaded with the first of them.

    words: texts of kinds and summaries, by numbers in the columns `kind` and `detail`. With keys
    that are given, authenticators of messages get their verdicts and ESP is opened.
    """

    def __init__(self, profile: Profile, keys: Keys | None = None) -> None:
        super().__init__(profile, opens_esp=keys is not None and bool(keys.esp_spis))
        self.words = Names()
        self.points_apart = False
        """Several capture points are read one after the other, which know nothing of each other."""
        self._worth = Worth(profile)
        self._objects: ObjectLane | None = None
        self._checks: Checks | None = None
        self._verdicts: Verdicts | None = None
        if keys is not None:
            from dissectors.aside.verdicts import Verdicts
            from dissectors.authentication.checks import Checks

            self._checks = Checks(keys)
            self._verdicts = Verdicts(self._checks, profile)

    def scan(self, batch: FrameBatch) -> Scanned:
        """Signalling and tunnelled packets of one batch, in file order."""
        scanned = self._complete(super().scan(batch))
        if self._verdicts is not None:
            self._verdicts.judge(scanned.messages, batch)
        return scanned

    def stream(self, batches: Iterable[FrameBatch]) -> Iterator[Scanned]:
        """The same of batch after batch; those with little to decode are put together."""
        if self._verdicts is not None:
            # Verdicts need the frames, which are there until the next batch is read.
            return map(self.scan, batches)
        return map(self._complete, super().stream(batches))

    def _complete(self, scanned: Scanned) -> Scanned:
        frames = scanned.aside_frames
        if frames is None or not len(scanned.aside):
            return scanned
        beside = self.tells_beside
        rows, proto = self._worth.rows(frames, scanned.interfaces, beside=beside)
        if not len(rows):
            return replace(scanned, aside=frames.number[rows], aside_frames=frames.pick(rows))
        if self._objects is None:
            from dissectors.aside.lane import ObjectLane

            self._objects = ObjectLane(self, self.words, self._checks, apart=self.points_apart)
        return self._objects.read(scanned, rows, proto)
