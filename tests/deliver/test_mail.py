"""Mails as recipients' programs read them, and what becomes of them on servers that behave and misbehave."""

from __future__ import annotations

import email
import email.header
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import collapse_rfc2231_value

import pytest
from publish.digest.conftest import report, rows_of_testville, snapshot

from planbrief.deliver import delivery as made_news
from planbrief.deliver.channels import LARGEST_BODY, Deferred, Refused, Unconfirmed, compose, send
from planbrief.deliver.delivery import News
from planbrief.deliver.schedule import MissingSecret, Smtp, Target
from planbrief.publish.changes import compare
from planbrief.publish.digest import document
from planbrief.run.manifest import PublishedFile

NOW = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
SETTINGS = Smtp.model_validate({"host": "localhost", "from": "planbrief@example.org", "from_name": "规划简报"})
SUBJECT = (
    "四市规划目标简报（2026年1月5日）：巴中、綦江、涪陵与肇庆的主要数字、目标调整和核对发现，共 12 项变化 and words"
)


def news(tmp_path, rows=None, subject: str = SUBJECT) -> News:
    """News with a digest and a PDF of a Chinese name."""
    pdf = tmp_path / "brief.pdf"
    pdf.write_bytes(b"%PDF-1.7 " + bytes(range(256)) * 8)
    later = [*rows_of_testville()[1:], *(rows or [])]
    changes = compare(snapshot(), snapshot(tables={"observations": tuple(later)}, edition="2026-01-05-11111111"))
    return News(
        lang="zh", edition="2026-01-05-11111111", title=subject, summary="版本", lines=("一", "二"),
        document=document(changes, "zh"), link="https://example.org/报告", link_text="打开",
        attachment=pdf, attachment_name="四市规划目标简报_2026-01-05.pdf",
    )  # fmt: skip


def test_a_report_is_dated_by_its_own_data(tmp_path, monkeypatch):
    """Subject and file name have the date of the attached report, whose data end before those of the edition."""
    pdf = PublishedFile("zh/brief.pdf", "0" * 64)
    reports = (report("zh", pdf=pdf), report("en", data_as_of="2026-01-28"))
    monkeypatch.setattr(made_news, "snapshot_of", lambda *_: (snapshot(reports=reports), tmp_path))
    found = made_news.news(tmp_path, "2026-01-28-00000000", "zh", None, attach="brief")
    assert found.title == "Brief（2024年1月15日）"
    assert found.attachment_name == "Brief_2024-01-15.pdf"


def test_chinese_subject_sender_and_file_name_survive_both_decoders(tmp_path):
    """Today's and the old way of reading headers give the same Chinese; only ASCII travels."""
    data = compose(news(tmp_path), SETTINGS, "office@example.org", "k1", NOW)
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    new = email.message_from_bytes(data, policy=email.policy.default)
    assert new["Subject"] == SUBJECT
    assert new["From"].addresses[0].display_name == "规划简报"
    old = email.message_from_bytes(data)
    assert str(email.header.make_header(email.header.decode_header(old["Subject"]))).replace("\n", "") == SUBJECT
    part = next(part for part in old.walk() if part.get_content_type() == "application/pdf")
    name = part.get_param("filename", header="content-disposition")
    assert collapse_rfc2231_value(name) == "四市规划目标简报_2026-01-05.pdf"
    assert new["Message-ID"] == "<k1@example.org>"


def test_a_mail_has_html_text_and_the_brief(tmp_path):
    """Both bodies say what changed; the PDF is whole; nothing is loaded from elsewhere."""
    mail = email.message_from_bytes(compose(news(tmp_path), SETTINGS, "o@e.org", "k", NOW), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    html = mail.get_body(("html",)).get_content()
    text = mail.get_body(("plain",)).get_content()
    assert "删除" in html
    assert "删除" in text
    assert "<link" not in html
    assert "<script" not in html
    assert "<img" not in html
    assert [part.get_content() for part in mail.iter_attachments()] == [(tmp_path / "brief.pdf").read_bytes()]


def test_a_body_stays_below_100_kb_whatever_changed(tmp_path):
    """Five thousand new observations: the mail says how many are left out."""
    first = rows_of_testville()[0]
    rows = [
        {**first, "obs_id": f"x{n}", "time_period": str(1000 + n), "char_start": str(n + 10**6)} for n in range(5000)
    ]
    data = compose(news(tmp_path, rows), SETTINGS, "o@e.org", "k", NOW)
    mail = email.message_from_bytes(data, policy=email.policy.default)
    for kind in ("html", "plain"):
        body = mail.get_body((kind,)).get_content()
        assert len(body.encode()) < LARGEST_BODY
        assert "另有" in body


def test_a_large_brief_is_named_instead_of_attached(tmp_path):
    """Above the limit of the recipient the mail says where to find it."""
    data = compose(news(tmp_path), SETTINGS, "o@e.org", "k", NOW, attach_limit=100)
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert list(mail.iter_attachments()) == []
    assert "过大" in mail.get_body(("plain",)).get_content()


def test_line_breaks_never_reach_a_header(tmp_path):
    """A title from the data cannot add a header of its own."""
    data = compose(news(tmp_path, subject="a\r\nBcc: thief@example.org"), SETTINGS, "o@e.org", "k", NOW)
    assert email.message_from_bytes(data)["Bcc"] is None
    with pytest.raises(ValueError, match="a mail address"):
        Target.model_validate({"to": ["a@b.org\r\nBcc: x@y.org"]})


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_server_with_a_password(security, secure_server, inbox, tmp_path):
    """The certificate is checked, the password comes from the environment, the mail arrives as it was."""
    settings = secure_server(security)
    data = compose(news(tmp_path), settings, "office@example.org", "k", NOW)
    said = []
    send(settings, "office@example.org", data, lambda: said.append("commit"))
    assert [address for address, _ in inbox.mails] == ["office@example.org"]
    assert inbox.mails[0][1]["Subject"] == SUBJECT
    assert said == ["commit"]


def test_a_server_that_nobody_vouches_for_gets_nothing(secure_server, inbox, monkeypatch):
    """An unknown certificate, a wrong or a missing password: nothing is sent, the password is in no message."""
    settings = secure_server("starttls")
    with pytest.raises(Deferred, match="certificate"):
        send(settings.model_copy(update={"ca_file": None}), "o@e.org", b"x", lambda: None)
    monkeypatch.setenv("TEST_SMTP_PASSWORD", "wrong horse")
    with pytest.raises(Deferred) as error:
        send(settings, "o@e.org", b"x", lambda: None)
    assert "wrong horse" not in str(error.value)
    monkeypatch.delenv("TEST_SMTP_PASSWORD")
    with pytest.raises(MissingSecret, match="TEST_SMTP_PASSWORD"):
        send(settings, "o@e.org", b"x", lambda: None)
    assert inbox.mails == []


def test_refusals_for_now_and_for_good(mail_server, inbox):
    """4xx is worth another try, 5xx is not; a server that is not there is."""
    inbox.answers["rcpt"] = ["450 later", "550 nobody of that name"]
    with pytest.raises(Deferred, match="450"):
        send(mail_server, "o@e.org", b"Subject: x\r\n\r\n", lambda: None)
    with pytest.raises(Refused, match="550"):
        send(mail_server, "o@e.org", b"Subject: x\r\n\r\n", lambda: None)
    inbox.answers["data"] = ["452 full", "554 no"]
    with pytest.raises(Deferred, match="452"):
        send(mail_server, "o@e.org", b"Subject: x\r\n\r\n", lambda: None)
    with pytest.raises(Refused, match="554"):
        send(mail_server, "o@e.org", b"Subject: x\r\n\r\n", lambda: None)
    with pytest.raises(Deferred):
        send(mail_server.model_copy(update={"port": 1}), "o@e.org", b"x", lambda: None)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "body"])
@pytest.mark.parametrize("how", ["die_after", "silent_after"])
def test_a_server_that_fails_before_the_last_word_has_nothing(scripted, stage, how):
    """It hangs up or falls silent half-way: deferred, nothing was stored, another try is safe."""
    if (how, stage) == ("silent_after", "body"):
        stage = "ehlo"
    script = scripted(**{how: stage})
    with pytest.raises(Deferred) as error:
        send(script.settings, "o@e.org", b"Subject: x\r\n\r\nbody\r\n" * 5000, lambda: None)
    assert not isinstance(error.value, Unconfirmed)
    assert script.stored == []


@pytest.mark.parametrize("how", ["die_after", "silent_after"])
def test_a_server_that_fails_after_the_last_word_is_not_asked_again(scripted, how):
    """The mail is there, the answer is not: unconfirmed, because a second copy would be worse."""
    script = scripted(**{how: "dot"})
    with pytest.raises(Unconfirmed):
        send(script.settings, "o@e.org", b"Subject: x\r\n\r\n.a line that begins with a dot\r\n", lambda: None)
    assert len(script.stored) == 1
    assert b"\r\n..a line" in script.stored[0]
