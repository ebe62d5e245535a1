"""Parcels: which deliveries go together in one call, and when a call that failed is made again.

Pure: no I/O, no clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5
from zlib import crc32

from services.notify.deliveries.domain import Delivery, DeliveryOutcome, DeliveryTarget, SendingCap
from services.notify.messages.words import Language
from shared.rules.wording.words import Bilingual

DIGEST = Bilingual("{} 件诉求事项提醒", "{} notices about appeals")
DIGEST_OPENING = Bilingual(
    "以下 {} 件事项请及时处理，详情请登录收件箱查看：",
    "Please see to these {} matters in good time; the details are in your inbox:",
)


class Retry(NamedTuple):
    """Waits double from `first` to `longest`. A delivery written `give_up` ago is not tried again."""

    first: timedelta
    longest: timedelta
    give_up: timedelta


RETRIES = {
    DeliveryOutcome.TEMPORARY: Retry(timedelta(minutes=5), timedelta(hours=4), timedelta(days=1)),
    DeliveryOutcome.TECHNICAL: Retry(timedelta(seconds=30), timedelta(minutes=30), timedelta(days=5)),
}


class Parcel(NamedTuple):
    """What goes to one address in one call: a message, or several as a digest."""

    id: UUID
    parts: tuple[Delivery, ...]

    @property
    def target(self) -> DeliveryTarget:
        """Where it goes."""
        return DeliveryTarget(self.parts[0].channel, self.parts[0].address)

    @property
    def language(self) -> Language:
        """The language that its recipient reads now: that of its newest part."""
        return self.parts[-1].language

    @property
    def urgent(self) -> bool:
        """Whether a part of it is urgent."""
        return any(part.urgent for part in self.parts)


def parcels_of(leased: Iterable[Delivery], cap: SendingCap) -> list[Parcel]:
    """The calls to make for these deliveries, the urgent ones first, then the oldest."""
    tried: dict[UUID, list[Delivery]] = defaultdict(list)
    new: dict[DeliveryTarget, list[Delivery]] = defaultdict(list)
    for delivery in sorted(leased, key=lambda delivery: (delivery.occurred_at, delivery.id)):
        if delivery.parcel is not None:
            tried[delivery.parcel].append(delivery)
        else:
            new[DeliveryTarget(delivery.channel, delivery.address)].append(delivery)
    parcels = [Parcel(id_, tuple(parts)) for id_, parts in tried.items()]
    for group in new.values():
        if len(group) > cap.together:
            parcels.append(Parcel(uuid5(group[0].id, "digest"), tuple(group)))
        else:
            parcels += [Parcel(delivery.id, (delivery,)) for delivery in group]
    return sorted(parcels, key=lambda parcel: (not parcel.urgent, parcel.parts[0].occurred_at, parcel.id))


def within_cap(
    parcels: Iterable[Parcel], calls: Mapping[DeliveryTarget, int], cap: SendingCap
) -> tuple[list[Parcel], list[Parcel]]:
    """The parcels that may go now, and those over the cap. `calls` counts the calls of the last hour.

    An urgent parcel counts, and always goes.
    """
    counts = dict(calls)
    now: list[Parcel] = []
    over_cap: list[Parcel] = []
    for parcel in parcels:
        count = counts.get(parcel.target, 0)
        if parcel.urgent or count < cap.per_hour:
            counts[parcel.target] = count + 1
            now.append(parcel)
        else:
            over_cap.append(parcel)
    return now, over_cap


def subject_and_body(parcel: Parcel) -> tuple[str, str]:
    """Subject and body of a parcel; a digest lists the subjects of its parts."""
    first = parcel.parts[0]
    if len(parcel.parts) == 1:
        return first.subject, first.body
    listed = "\n".join(f"{number}. {part.subject}" for number, part in enumerate(parcel.parts, 1))
    subject, opening = (
        parcel.language.of(words).format(len(parcel.parts)) for words in (DIGEST, DIGEST_OPENING)
    )
    return subject, f"{opening}\n{listed}"


def next_try_at(outcome: DeliveryOutcome, parcel: Parcel, at: datetime) -> datetime | None:
    """When to try `parcel` again, which failed at `at`; None to give up.

    A wait is made up to a quarter longer or shorter, so that parcels that failed together are spread.
    """
    retry = RETRIES.get(outcome)
    if retry is None:
        return None
    attempts = parcel.parts[0].attempts
    wait = min(retry.first * 2 ** min(attempts - 1, 20), retry.longest)
    spread = 0.75 + crc32(parcel.id.bytes + attempts.to_bytes(4)) / 2**33
    moment = at + wait * spread
    return moment if moment < min(part.written_at for part in parcel.parts) + retry.give_up else None
