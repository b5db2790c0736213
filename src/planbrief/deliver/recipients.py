"""Who gets what: the part of the configuration that says where editions go."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from planbrief.display.language import Lang
from planbrief.errors import PlanbriefError

When = Literal["always", "change", "failure"]
Robot = Literal["wecom", "dingtalk", "feishu", "generic"]
_ADDRESS = re.compile(r"[^\s@<>,;\"\x00-\x1f]{1,64}@[^\s@<>,;\"\x00-\x1f]{1,253}")


class MissingSecret(PlanbriefError):
    """A password or address that is kept out of the configuration is not there."""

    def __init__(self, name: str, purpose: str) -> None:
        super().__init__(name, purpose)
        self.name, self.purpose = name, purpose

    def __str__(self) -> str:
        return f"environment variable {self.name} is not set; it holds {self.purpose}"


class Strict(BaseModel):
    """A table of the configuration; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def address(text: str) -> str:
    """A mail address; ValueError for anything that is none, line breaks included."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no mail address")
    return text


class Smtp(Strict):
    """The mail server. The password comes from an environment variable or the keyring, never from the file."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    sender: str = Field(alias="from")
    sender_name: str = Field(default="planbrief", alias="from_name")
    password_env: str = "PLANBRIEF_SMTP_PASSWORD"
    #: File with certificates to trust besides the system's: a server with a certificate of the house.
    ca_file: Path | None = None
    timeout: float = Field(default=30, gt=0, le=600)

    _sender = field_validator("sender")(address)

    def password(self) -> str:
        """From the environment, else from the keyring where that is installed, else :class:`MissingSecret`."""
        if found := os.environ.get(self.password_env):
            return found
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


class Target(Strict):
    """One place that editions go to: mail addresses, a folder, or a chat robot."""

    to: tuple[str, ...] = ()
    folder: Path | None = None
    webhook: Robot | None = None
    #: Environment variables with the robot's address, which holds its key, and with the secret that signs, if any.
    url_env: str = ""
    secret_env: str = ""
    when: When = "change"
    lang: Lang = "zh"
    #: Report whose PDF goes with a mail; empty for none.
    attach: str = "brief"
    attach_limit_mb: float = Field(default=8, gt=0, le=50)

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(address(text) for text in value))

    @model_validator(mode="after")
    def _one_place(self) -> Target:
        if sum((bool(self.to), self.folder is not None, self.webhook is not None)) != 1:
            raise ValueError("name exactly one of to (mail addresses), folder, webhook")
        if self.webhook and not self.url_env:
            raise ValueError("a webhook needs url_env, the environment variable that holds its address")
        return self

    def recipients(self) -> tuple[str, ...]:
        """Names of the recipients as the ledger knows them."""
        if self.to:
            return tuple(f"mailto:{each}" for each in self.to)
        return (f"folder:{self.folder}",) if self.folder is not None else (f"{self.webhook}:{self.url_env}",)
