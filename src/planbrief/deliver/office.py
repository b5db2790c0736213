"""The post office of one output folder: queues what an edition's recipients should have, and sends it with retries."""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from socket import gethostname
from typing import Protocol
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from planbrief.deliver.channels import (
    Deferred,
    Refused,
    ServerAway,
    Unconfirmed,
    compose,
    compose_failure,
    payload,
    place,
    post,
    send,
    signed,
)
from planbrief.deliver.delivery import (
    Delivery,
    Ledger,
    News,
    RecordFailed,
    State,
    changes_since,
    delivery_id,
    news,
    snapshot_of,
)
from planbrief.deliver.schedule import MissingSecret, Robot, Smtp, Target, secret_from_environment
from planbrief.display.language import Lang, message
from planbrief.errors import PlanbriefError
from planbrief.log import EventLog, LibraryLog
from planbrief.publish.changes import Changes, NoEdition

#: Seconds before each further pass over what could not be delivered; what fails then waits for the next round.
BACK_OFF = (2.0, 6.0)
#: A server that is away for so many deliveries in one pass is not asked again in it.
MOST_AWAY = 2
#: Seconds after which a server that is away is not asked again before the next round.
LONG_SILENCE = 5.0
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
    #: That something works again, which is news, too.
    good: bool = False


def page_path(out: Path) -> Path:
    """Where the status page lies: beside the edition, which it is no part of."""
    return out.parent / f"{out.name}-status.html"


#: Changes and news of an edition, by the edition that was had, language and attachment.
Made = Callable[[str, Lang, str], tuple[Changes | None, News]]


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
        self.operators, self.lang, self.link, self.log = tuple(operators), lang, link, log or LibraryLog()
        self.ledger = Ledger(folder)
        self._secrets = {os.environ[smtp.password_env]} if smtp and os.environ.get(smtp.password_env) else set()
        self._settle()

    def _secret(self, name: str, purpose: str) -> str:
        """A secret from the environment, kept in mind so that no message can hold it."""
        found = secret_from_environment(name, purpose)
        self._secrets.add(found)
        return found

    def _settle(self) -> None:
        """What a crash left between the last word and the answer is not known to have arrived."""
        # Sent again it might arrive twice, given up it might never: only a person can ask the recipient.
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
        made = self._made(edition)
        places = [(target, recipient) for target in targets for recipient in target.recipients()]
        queued = [self._queued(edition, target, recipient, failed, made) for target, recipient in places]
        return [delivery for delivery in queued if delivery is not None]

    def _made(self, edition: str) -> Made:
        """Changes and news by what was had, language and attachment: two hundred recipients share a few of them."""
        changes = cache(lambda had: changes_since(self.out, edition, had))

        @cache
        def made(had: str, lang: Lang, attach: str) -> tuple[Changes | None, News]:
            return changes(had), news(self.out, edition, lang, changes(had), attach=attach, link=self.link)

        return made

    def _queued(self, edition: str, target: Target, recipient: str, failed: bool, made: Made) -> Delivery | None:
        """Queue for one recipient; whatever is wrong with this one is recorded, and the others are still queued."""
        try:
            return self._queue(edition, target, recipient, failed, made)
        except RecordFailed:
            raise
        except Exception as error:
            now = self.clock.now()
            key = delivery_id("edition", edition, recipient)
            delivery = Delivery(key, recipient, edition, "queued", now.isoformat(), queued=now.isoformat())
            self._end(delivery, "failed", self._words(error))
            return None

    def _queue(self, edition: str, target: Target, recipient: str, failed: bool, made: Made) -> Delivery | None:
        key = delivery_id("edition", edition, recipient)
        had = self.ledger.last_edition(recipient)
        if self.ledger.get(key) or edition == had or (target.when == "failure" and not failed):
            return None
        try:
            changes, found = made(had, target.lang, target.attach)
        except NoEdition as error:
            self.log.event("deliver.no-edition", str(error), level="error")
            return None
        if target.when == "change" and changes is not None and not changes.substantial:
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
            raise MissingSecret("[smtp]", "is not set", "the mail server (a table of the configuration)")
        return self.smtp

    def tell(self, failures: Iterable[Failure]) -> list[Delivery]:
        """Queue one message to each operator about failures that they were not told of."""
        told = self.ledger.told()
        fresh = list({failure.id: failure for failure in failures if failure.id not in told}.values())
        well = all(failure.good for failure in fresh)
        for failure in fresh:
            self.log.event(
                "schedule.failure", failure.text, level="info" if failure.good else "error", failure=failure.id
            )
        if not fresh or not self.operators or self.smtp is None:
            return []
        now, ids = self.clock.now(), tuple(failure.id for failure in fresh)
        if well or len(fresh) == 1:
            title = message(f"operators.subject{'_well' if well else ''}", self.lang, what=fresh[0].text[:80])
        else:
            title = message("operators.subject_more", self.lang, count=len(fresh))
        here = {"machine": gethostname(), "out": str(self.out), "path": str(page_path(self.out))}
        where = message("operators.where", self.lang, **here)
        lines = (*(failure.text for failure in fresh), where)
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
        """Send what is queued; failures of deliveries are told to the operators, once each.

        Deliveries do not wait for one another: what cannot be delivered now is tried again after all others were, and
        a server that is away is not asked for each of its recipients. The one thing that stops a round is a ledger
        that cannot be written (:class:`RecordFailed`).
        """
        self._pass_over([delivery for delivery in self.ledger.pending() if not delivery.failures])
        self.tell(self.failures())
        self._pass_over([delivery for delivery in self.ledger.pending() if delivery.failures])

    def _pass_over(self, waiting: list[Delivery]) -> None:
        """Deliver, and try again what could not be; a server that is away is waited for once, not per recipient."""
        away: dict[str, float] = {}
        reasons: dict[str, str] = {}
        for pause in (*BACK_OFF, None):
            again = []
            for delivery in waiting:
                server = self._server(delivery)
                if away.get(server, 0) >= MOST_AWAY:
                    again.append(delivery)
                    continue
                begun = time.monotonic()
                try:
                    self._deliver(delivery)
                except Deferred as error:
                    again.append(delivery)
                    reasons[delivery.id] = reasons[server] = self._words(error)
                    if isinstance(error, ServerAway):
                        slow = time.monotonic() - begun > LONG_SILENCE
                        away[server] = float("inf") if slow else away.get(server, 0) + 1
            waiting = again
            if not waiting or pause is None:
                break
            self.clock.sleep(pause)
            # Those that answered at once with an error may have recovered: one more delivery finds out.
            away = {server: count for server, count in away.items() if count == float("inf")}
        for delivery in waiting:
            reason = reasons.get(delivery.id) or reasons.get(self._server(delivery), "the server is away")
            self._later(self.ledger.get(delivery.id) or delivery, reason)

    def failures(self) -> list[Failure]:
        """Deliveries of editions that did not arrive, each a failure of its own."""
        found = []
        for delivery in self.ledger:
            if delivery.failures or delivery.state not in ("deferred", "failed", "unconfirmed"):
                continue
            key = "operators.unconfirmed" if delivery.state == "unconfirmed" else "operators.delivery"
            said = {"recipient": delivery.recipient, "reason": delivery.reason, "id": delivery.id}
            found.append(Failure(f"delivery/{delivery.id}", message(key, self.lang, **said)))
        return found

    def _server(self, delivery: Delivery) -> str:
        """What stands between us and a recipient and may be away for others, too."""
        return "mail" if delivery.recipient.startswith("mailto:") else delivery.recipient

    def _deliver(self, delivery: Delivery) -> None:
        """Send one delivery and record what became of it; :class:`Deferred` if it is worth another try."""
        try:
            self._send(delivery)
        except Unconfirmed as error:
            self._end(delivery, "unconfirmed", self._words(error))
        except Refused as error:
            self._end(delivery, "failed", self._words(error))
        except (Deferred, RecordFailed):
            raise
        except Exception as error:
            # The boundary: one delivery can be wrong in ways that nobody has thought of; the next one is another.
            found = self.ledger.get(delivery.id) or delivery
            self._end(delivery, "unconfirmed" if found.state == "committing" else "failed", self._words(error))
        else:
            self.ledger.step(self.ledger.get(delivery.id) or delivery, "sent", self.clock.now(), tried=True)
            self.log.event("deliver.sent", f"delivered {delivery.subject or delivery.edition} to {delivery.recipient}")

    def _end(self, delivery: Delivery, state: State, reason: str) -> None:
        moved = self.ledger.step(self.ledger.get(delivery.id) or delivery, state, self.clock.now(), reason, tried=True)
        self.log.event("deliver.failed", f"{moved.recipient}: {reason}", level="error", state=state)

    def _later(self, delivery: Delivery, reason: str) -> None:
        age = self.clock.now() - datetime.fromisoformat(delivery.queued)
        if age > GIVE_UP:
            self._end(delivery, "failed", f"given up after {age.days} days: {reason}")
            return
        self.ledger.step(delivery, "deferred", self.clock.now(), reason, tried=True)
        self.log.event("deliver.deferred", f"{delivery.recipient}: {reason}", level="warning")

    def _words(self, error: Exception) -> str:
        """What went wrong in one line, without any secret that the configuration names."""
        text = str(error) if isinstance(error, PlanbriefError) else f"{type(error).__name__}: {error}"
        return without_secrets(" ".join(text.split()), self._secrets)[:400]

    def _send(self, delivery: Delivery) -> None:
        try:
            content = self.ledger.content(delivery)
        except OSError as error:
            raise Refused(f"the message is gone from the outbox: {error.strerror}") from error

        def commit() -> None:
            self.ledger.step(self.ledger.get(delivery.id) or delivery, "committing", self.clock.now())

        try:
            if delivery.recipient.startswith("mailto:"):
                settings = self._smtp()
                if settings.user:
                    password = settings.password()
                    self._secrets |= {password, f"\0{settings.user}\0{password}"}
                send(settings, delivery.recipient.removeprefix("mailto:"), content, commit)
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
        url = self._secret(str(said["url_env"]), "the address of the webhook")
        secret = self._secret(str(said["secret_env"]), "the secret of the webhook") if said["secret_env"] else ""
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
        made = self._made(edition)
        for target in targets:
            for recipient in target.recipients():
                _changes, found = made(self.ledger.last_edition(recipient), target.lang, target.attach)
                key = delivery_id("edition", edition, recipient)
                data = self.content(target, recipient, found, key, self.clock.now())
                stem = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in recipient.removeprefix("mailto:"))
                path = folder / f"{stem[:80]}.{'eml' if target.to else 'json'}"
                path.write_bytes(data)
                written.append(path)
        return written


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret left out, in every form that it travels in, also where an answer was cut inside it."""
    whole = {form for secret in secrets if len(secret) > 3 for form in _forms(secret)}
    parts = {part for secret in secrets for part in _key_parts(secret) if len(part) > 3}
    for part in sorted(whole | parts, key=len, reverse=True):
        text = text.replace(part, "…")
        for length in range(len(part) - 1, 7, -1):
            if part[:length] in text and "://" not in part[:length]:
                text = text.replace(part[:length], "…")
                break
    return text


def _forms(secret: str) -> set[str]:
    """A secret as it is, in an address and in Base64 (as passwords are sent)."""
    return {secret, quote(secret, safe=""), quote_plus(secret), b64encode(secret.encode("utf-8", "replace")).decode()}


def _key_parts(secret: str) -> set[str]:
    """What is secret in an address: path, query and user part, and their pieces; nothing for what is no address."""
    try:
        parts = urlsplit(secret)
    except ValueError:
        return set()
    if not parts.scheme:
        return set()
    values = [value for _, value in parse_qsl(parts.query)]
    pieces = [piece for piece in parts.path.split("/") if len(piece) > 7]
    found = {parts.path, parts.query, parts.netloc.rpartition("@")[0], *values, *pieces}
    return found | {form for piece in (*values, *pieces) for form in _forms(piece)}
