"""Who gets what: the part of the configuration that says where editions go."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from planbrief.checks.toml_shape import Table
from planbrief.errors import PlanbriefError
from planbrief.languages import Own

When = Literal["always", "change", "failure"]
Robot = Literal["wecom", "dingtalk", "feishu", "generic"]
#: The name of an environment variable; an address or password itself in its place is refused.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
#: RFC 5321 and 6531: dot-atoms of up to 64 bytes before the @ (no quoted forms), a host name behind it.
_LOCAL = re.compile(r"[^\s@<>()\[\],:;.\"\\\x00-\x1f\x7f]+(?:\.[^\s@<>()\[\],:;.\"\\\x00-\x1f\x7f]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


class MissingSecret(PlanbriefError):
    """A password or address that is kept out of the configuration is not there."""

    def __init__(self, name: str, purpose: str, problem: str = "is not set") -> None:
        super().__init__(name, purpose, problem)
        self.name, self.purpose, self.problem = name, purpose, problem

    def __str__(self) -> str:
        return f"environment variable {self.name} {self.problem}; it holds {self.purpose}"


def secret_from_environment(name: str, purpose: str) -> str:
    """An environment variable's text; :class:`MissingSecret` if it is not set or no text."""
    found = os.environ.get(name, "")
    if not found:
        raise MissingSecret(name, purpose)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise MissingSecret(name, purpose, "is no UTF-8 text") from None
    return found


def address(text: str) -> str:
    """A mail address; ValueError for anything that is none, line breaks included."""
    local, at, domain = text.rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if (
        not at
        or not text.isprintable()
        or not _LOCAL.fullmatch(local)
        or len(local.encode("utf-8", "replace")) > 64
        or len(host) > 253
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValueError(f"{text[:80]!r}; expected a mail address such as name@example.org")
    return text


class Smtp(Table):
    """The mail server. The password comes from an environment variable or the keyring, never from the file."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    sender: str = Field(alias="from")
    sender_name: str = Field(default="planbrief", alias="from_name")
    password_env: Variable = "PLANBRIEF_SMTP_PASSWORD"
    ca_file: Path | None = None
    """File with certificates to trust besides the system's: a server with a certificate of the house."""
    timeout: float = Field(default=30, gt=0, le=600, allow_inf_nan=False)
    """Seconds that the server may be silent, and seconds that one delivery may take in all."""
    deadline: float = Field(default=60, gt=0, le=3600, allow_inf_nan=False)

    _sender = field_validator("sender")(address)

    def password(self) -> str:
        """From the environment, else from the keyring where that is installed, else :class:`MissingSecret`."""
        if os.environ.get(self.password_env):
            return secret_from_environment(self.password_env, f"the password of {self.user} at {self.host}")
        try:
            import keyring
            import keyring.errors
        except ImportError:
            pass
        else:
            # A machine without a desktop has the package and no keyring behind it.
            with contextlib.suppress(keyring.errors.KeyringError):
                if kept := keyring.get_password(f"planbrief {self.host}", self.user):
                    return str(kept)
        raise MissingSecret(self.password_env, f"the password of {self.user} at {self.host}")


class Target(Table):
    """One place that editions go to: mail addresses, a folder, or a chat robot."""

    to: tuple[str, ...] = ()
    folder: Path | None = None
    webhook: Robot | None = None
    url_env: Variable | Literal[""] = ""
    """Environment variables with the robot's address, which holds its key, and with the secret that signs, if any."""
    secret_env: Variable | Literal[""] = ""
    when: When = "change"
    lang: Own = "zh"
    attach: str = "brief"
    """Report whose PDF goes with a mail; empty for none."""
    attach_limit_mb: float = Field(default=8, gt=0, le=50)

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(address(text) for text in value))

    @model_validator(mode="after")
    def _one_place(self) -> Target:
        if sum((bool(self.to), self.folder is not None, self.webhook is not None)) != 1:
            raise ValueError("expected exactly one of to (mail addresses), folder, webhook")
        if self.webhook and not self.url_env:
            raise ValueError("expected url_env beside a webhook: the environment variable that holds its address")
        return self

    def recipients(self) -> tuple[str, ...]:
        """Names of the recipients as the ledger knows them."""
        if self.to:
            return tuple(f"mailto:{each}" for each in self.to)
        return (f"folder:{self.folder}",) if self.folder is not None else (f"{self.webhook}:{self.url_env}",)
