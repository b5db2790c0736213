"""The post office of one output folder: queues what an edition's recipients should have, and sends it with retries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from planbrief.deliver.ledger import Delivery, Ledger, delivery_id
from planbrief.deliver.mail import compose, compose_failure
from planbrief.deliver.news import News, changes_since, news, snapshot_of
from planbrief.deliver.recipients import MissingSecret, Robot, Smtp, Target
from planbrief.deliver.share import place
from planbrief.deliver.smtp import Deferred, Refused, Unconfirmed, send
from planbrief.deliver.webhook import payload, post, signed
from planbrief.display.language import Lang, message
from planbrief.log import EventLog, Silence
from planbrief.publish.digest.snapshot import NoEdition

#: Seconds before each further try of one round; what fails then waits for the next round.
BACK_OFF = (2.0, 6.0)
#: After so long a delivery is given up.
GIVE_UP = timedelta(days=7)


class Clock(Protocol):
    """Tells the time and waits; tests bring their own."""

    def now(self) -> datetime:
        """The moment, with its time zone."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class Failure:
    """Something that the operators must be told once."""

    id: str
    text: str


class Office:
    """Queue and send.

    Parameters
    ----------
    out : path
        Output folder with the editions.
    folder : path
        Where ledger and outbox lie.
    smtp : Smtp, optional
        The mail server; without it mails cannot be queued.
    operators : sequence of str
        Addresses that hear of failures.
    """

    def __init__(
        self,
        out: Path,
        folder: Path,
        clock: Clock,
        smtp: Smtp | None = None,
        operators: Sequence[str] = (),
        *,
        lang: Lang = "zh",
        link: str = "",
        log: EventLog | None = None,
    ) -> None:
        self.out, self.folder, self.clock, self.smtp = out, folder, clock, smtp
        self.operators, self.lang, self.link, self.log = tuple(operators), lang, link, log or Silence()
        self.ledger = Ledger(folder)
        self._settle()

    def _settle(self) -> None:
        """What a crash left between the last word and the answer is not known to have arrived."""
        for delivery in self.ledger:
            if delivery.state == "committing":
                reason = "the run was cut off while the server was answering"
                self.ledger.step(delivery, "unconfirmed", self.clock.now(), reason)

    # queueing

    def queue_edition(self, edition: str, targets: Iterable[Target], *, failed: bool = False) -> list[Delivery]:
        """Queue an edition for everybody who should have it and does not; returns what was queued.

        ``change`` compares with the edition that the recipient was given last: a recipient who had none gets the first
        one. ``failure`` queues only where something failed.
        """
        found = []
        for target in targets:
            for recipient in target.recipients():
                if delivery := self._queue(edition, target, recipient, failed):
                    found.append(delivery)
        return found

    def _queue(self, edition: str, target: Target, recipient: str, failed: bool) -> Delivery | None:
        key = delivery_id("edition", edition, recipient)
        had = self.ledger.last_edition(recipient)
        if self.ledger.get(key) or edition == had or (target.when == "failure" and not failed):
            return None
        changes = changes_since(self.out, edition, had)
        if target.when == "change" and changes is not None and not changes.substantial:
            return None
        try:
            found = news(self.out, edition, target.lang, changes, attach=target.attach, link=self.link)
        except NoEdition as error:
            self.log.event("deliver.no-edition", str(error), level="error")
            return None
        now = self.clock.now()
        delivery = Delivery(key, recipient, edition, "queued", now.isoformat(), found.title, queued=now.isoformat())
        content = self.content(target, recipient, found, key, now)
        return delivery if self.ledger.queue(delivery, content) else None

    def content(self, target: Target, recipient: str, found: News, key: str, now: datetime) -> bytes:
        """What is to be sent: a whole mail, a robot's message, or the name of a folder."""
        if target.to:
            address = recipient.removeprefix("mailto:")
            limit = target.attach_limit_mb * 1e6
            return compose(found, self._smtp(), address, key, now, attach_limit=limit)
        if target.folder is not None:
            return json.dumps({"folder": os.fspath(target.folder), "edition": found.edition}).encode()
        if target.webhook is None:
            raise TypeError("a target without a place")
        said = {
            "robot": target.webhook,
            "url_env": target.url_env,
            "secret_env": target.secret_env,
            "payload": payload(target.webhook, found),
        }
        return json.dumps(said, ensure_ascii=False).encode()

    def _smtp(self) -> Smtp:
        if self.smtp is None:
            raise MissingSecret("[smtp]", "the mail server (a table of the configuration)")
        return self.smtp

    def tell(self, failures: Iterable[Failure]) -> list[Delivery]:
        """Queue one message to each operator about failures that they were not told of."""
        told = self.ledger.told()
        fresh = list({failure.id: failure for failure in failures if failure.id not in told}.values())
        for failure in fresh:
            self.log.event("schedule.failure", failure.text, level="error", failure=failure.id)
        if not fresh or not self.operators or self.smtp is None:
            return []
        now, ids = self.clock.now(), tuple(failure.id for failure in fresh)
        if len(fresh) == 1:
            title = message("operators.subject", self.lang, what=fresh[0].text[:80])
        else:
            title = message("operators.subject_more", self.lang, count=len(fresh))
        lines = tuple(failure.text for failure in fresh)
        found = []
        for address in self.operators:
            key = delivery_id("failures", *ids, address)
            mail = compose_failure(title, lines, self.lang, self.smtp, address, key, now)
            delivery = Delivery(
                key, f"mailto:{address}", "", "queued", now.isoformat(), title, queued=now.isoformat(), failures=ids
            )
            if self.ledger.queue(delivery, mail):
                found.append(delivery)
        return found

    # sending

    def flush(self) -> None:
        """Send what is queued; failures of deliveries are told to the operators, once each."""
        for delivery in self.ledger.pending():
            if not delivery.failures:
                self._deliver(delivery)
        self.tell(self.failures())
        for delivery in self.ledger.pending():
            if delivery.failures:
                self._deliver(delivery)

    def failures(self) -> list[Failure]:
        """Deliveries of editions that did not arrive, each a failure of its own."""
        found = []
        for delivery in self.ledger:
            if delivery.failures or delivery.state not in ("deferred", "failed", "unconfirmed"):
                continue
            key = "operators.unconfirmed" if delivery.state == "unconfirmed" else "operators.delivery"
            said = {"recipient": delivery.recipient, "reason": delivery.reason, "id": delivery.id}
            if key == "operators.delivery":
                del said["id"]
            found.append(Failure(f"delivery/{delivery.id}", message(key, self.lang, **said)))
        return found

    def _deliver(self, delivery: Delivery) -> None:
        for pause in (*BACK_OFF, None):
            try:
                self._send(delivery)
            except Unconfirmed as error:
                self._note(self.ledger.get(delivery.id) or delivery, "unconfirmed", error.reason)
            except Refused as error:
                self._note(self.ledger.get(delivery.id) or delivery, "failed", error.reason)
            except Deferred as error:
                if pause is not None:
                    self.clock.sleep(pause)
                    continue
                self._later(self.ledger.get(delivery.id) or delivery, error.reason)
            else:
                self.ledger.step(self.ledger.get(delivery.id) or delivery, "sent", self.clock.now(), tried=True)
                self.log.event(
                    "deliver.sent", f"delivered {delivery.subject or delivery.edition} to {delivery.recipient}"
                )
            return

    def _note(self, delivery: Delivery, state: str, reason: str) -> None:
        moved = self.ledger.step(delivery, state, self.clock.now(), reason, tried=True)  # type: ignore[arg-type]
        self.log.event("deliver.failed", f"{moved.recipient}: {reason}", level="error", state=state)

    def _later(self, delivery: Delivery, reason: str) -> None:
        age = self.clock.now() - datetime.fromisoformat(delivery.queued)
        if age > GIVE_UP:
            self._note(delivery, "failed", f"given up after {age.days} days: {reason}")
            return
        self.ledger.step(delivery, "deferred", self.clock.now(), reason, tried=True)
        self.log.event("deliver.deferred", f"{delivery.recipient}: {reason}", level="warning")

    def _send(self, delivery: Delivery) -> None:
        try:
            content = self.ledger.content(delivery)
        except OSError as error:
            raise Refused(f"the message is gone from the outbox: {error.strerror}") from error

        def commit() -> None:
            self.ledger.step(delivery, "committing", self.clock.now())

        try:
            if delivery.recipient.startswith("mailto:"):
                send(self._smtp(), delivery.recipient.removeprefix("mailto:"), content, commit)
            elif delivery.recipient.startswith("folder:"):
                self._place(json.loads(content))
            else:
                self._post(json.loads(content), commit)
        except MissingSecret as error:
            raise Deferred(str(error)) from error

    def _place(self, said: dict[str, str]) -> None:
        found = snapshot_of(self.out, said["edition"])
        if found is None:
            raise Refused(f"edition {said['edition']} is not kept any more")
        place(found[1], Path(said["folder"]), said["edition"])

    def _post(self, said: dict[str, object], commit: object) -> None:
        url = _secret(str(said["url_env"]), "the address of the webhook")
        secret = _secret(str(said["secret_env"]), "the secret of the webhook") if said["secret_env"] else ""
        robot: Robot = said["robot"]  # type: ignore[assignment]
        body: dict[str, object] = said["payload"]  # type: ignore[assignment]
        seconds = int(self.clock.now().timestamp())
        address, body = signed(robot, url, body, secret, seconds)
        post(address, body, commit)  # type: ignore[arg-type]

    # people

    def resend(self, key: str) -> Delivery:
        """Queue a delivery again that did not arrive or is not known to have; KeyError if there is none."""
        delivery = self.ledger.get(key)
        if delivery is None or delivery.state not in ("failed", "unconfirmed"):
            raise KeyError(key)
        again = replace(delivery, queued=self.clock.now().isoformat())
        return self.ledger.step(again, "queued", self.clock.now())

    def write_dry(self, edition: str, targets: Iterable[Target], folder: Path) -> list[Path]:
        """Write what would be sent as files: ``.eml`` for mails, ``.json`` for robots and folders."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for target in targets:
            for recipient in target.recipients():
                changes = changes_since(self.out, edition, self.ledger.last_edition(recipient))
                found = news(self.out, edition, target.lang, changes, attach=target.attach, link=self.link)
                key = delivery_id("edition", edition, recipient)
                data = self.content(target, recipient, found, key, self.clock.now())
                stem = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in recipient.removeprefix("mailto:"))
                path = folder / f"{stem[:80]}.{'eml' if target.to else 'json'}"
                path.write_bytes(data)
                written.append(path)
        return written


def _secret(name: str, purpose: str) -> str:
    found = os.environ.get(name, "")
    if not found:
        raise MissingSecret(name, purpose)
    return found
