"""What reaches people as files: a message with the edition's news, or the edition in a shared folder."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from planbrief.deliver.news import News, trimmed
from planbrief.deliver.recipients import Smtp
from planbrief.deliver.smtp import Deferred, Refused
from planbrief.display.language import Lang, message
from planbrief.publish.digest.document import Document, Section
from planbrief.publish.digest.rendering import STYLES, page, runs_html, section_html, section_text
from planbrief.publish.edition_check import verify_edition
from planbrief.publish.index import size_text
from planbrief.render.safe_text import visible


def place(edition: Path, folder: Path, name: str) -> None:
    """Copy an edition to ``folder/name``; one that is there already and whole is left as it is.

    Raises
    ------
    Deferred
        The share is not there, is full, or broke off.
    Refused
        Something else lies under that name.
    """
    target, fresh = folder / name, folder / f".{name}.part"
    try:
        if target.exists():
            if verify_edition(target):
                raise Refused(f"{target} is there and is not this edition")
            return
        if not folder.is_dir():
            raise Deferred(f"{folder} is not there (is the share mounted?)")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(edition, fresh)
        if problems := verify_edition(fresh):
            raise Deferred(f"the copy in {folder} is not whole: {problems[0]}")
        os.rename(fresh, target)
    except (OSError, shutil.Error) as error:
        raise Deferred(f"{str(folder)[:200]}: {getattr(error, 'strerror', None) or error}"[:400]) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


#: Gmail cuts a mail's body at 102 KB.
LARGEST_BODY = 100_000
#: Only ASCII travels, so that no server on the way has to know more.
POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_BODIES = (400, 120, 40, 12, 4)


def compose(
    found: News, settings: Smtp, recipient: str, key: str, now: datetime, *, attach_limit: float = 8e6
) -> bytes:
    """A whole message for one recipient; its id follows from the delivery's, so that a second copy is known as such."""
    data, name, note = b"", "", ""
    if found.attachment is not None:
        size = found.attachment.stat().st_size
        name = found.attachment_name
        if size <= attach_limit:
            data = found.attachment.read_bytes()
            note = message("mail.attached", found.lang, name=name, size=size_text(size, found.lang))
        else:
            note = message("mail.too_large", found.lang, name=name, size=size_text(size, found.lang))
    notes = tuple(text for text in (*found.warnings, note) if text)
    sections = found.document.sections if found.document else (Section("", texts=found.lines),)
    html, text = _bodies(Document(found.lang, found.title, found.summary, sections), notes, found)
    mail = _message(found.title, settings, recipient, key, now, text, html)
    if data:
        mail.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


def compose_failure(
    title: str, lines: tuple[str, ...], lang: Lang, settings: Smtp, recipient: str, key: str, now: datetime
) -> bytes:
    """A message to the operators."""
    section = Section("", texts=lines)
    html = page(title, section_html(section, lang), lang)
    return _message(title, settings, recipient, key, now, section_text(section) + "\n", html).as_bytes()


def _bodies(full: Document, notes: tuple[str, ...], found: News) -> tuple[str, str]:
    html = text = ""
    for most in _BODIES:
        shown = trimmed(full, most)
        html, text = _html(shown, notes, found), _text(shown, notes, found)
        if len(html.encode()) < LARGEST_BODY and len(text.encode()) < LARGEST_BODY:
            break
    return html, text


def _html(shown: Document, notes: tuple[str, ...], found: News) -> str:
    lang = shown.lang
    parts = [f'<h1 style="{STYLES["h1"]}">{runs_html(shown.title, lang)}</h1>']
    parts.append(f'<p style="{STYLES["note"]}">{runs_html(shown.since, lang)}</p>')
    parts += [section_html(section, lang) for section in shown.sections]
    parts += [f'<p style="{STYLES["p"]}">{runs_html(note, lang)}</p>' for note in notes]
    if found.link:
        from html import escape

        parts.append(
            f'<p style="{STYLES["p"]}"><a href="{escape(found.link)}">{runs_html(found.link_text, lang)}</a></p>'
        )
    return page(shown.title, "\n".join(parts), lang)


def _text(shown: Document, notes: tuple[str, ...], found: News) -> str:
    parts = [shown.title, shown.since, *(section_text(section) for section in shown.sections), *notes]
    if found.link:
        parts.append(f"{found.link_text}: {found.link}")
    return "\n\n".join(parts) + "\n"


def in_header(text: str) -> str:
    """A text as a header takes it literally: on one line, and no word of it taken for an encoded one.

    The library decodes ``=?utf-8?q?=0D=0ABcc:…?=``, and the line break in it would end the header.
    """
    return " ".join(visible(text).split()).replace("=?", "= ?")


def _message(
    subject: str, settings: Smtp, recipient: str, key: str, now: datetime, text: str, html: str
) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail["Subject"] = in_header(subject)
    mail["From"] = Address(in_header(settings.sender_name), addr_spec=settings.sender)
    mail["To"] = recipient
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{key}@{settings.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail
