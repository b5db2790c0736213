"""An edition in a folder or on a mounted share: whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from planbrief.deliver.smtp import Deferred, Refused
from planbrief.publish.edition_check import verify_edition


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
