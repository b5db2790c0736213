"""Lets Frictionless read tables whose rows lie in one folder per document (``frictionless validate datapackage.json``).

A Data Package can list the files of a table, not name them by a pattern; a list would be one more file that two new
documents both change. planbrief's ``datapackage.json`` therefore gives the table's empty form as its path and the
pattern as the property ``parts``. Frictionless finds this module by its name; without it, it sees the form alone.
"""

from __future__ import annotations

from glob import glob

from frictionless import Plugin, Resource
from frictionless.schemes.multipart import MultipartLoader
from frictionless.system import Loader


class PlanbriefPlugin(Plugin):
    """Adds the parts of a table behind its form."""

    def create_loader(self, resource: Resource) -> Loader | None:
        """A loader of the form and all parts, for a resource that has a pattern of them."""
        pattern = resource.custom.get("parts")
        if not isinstance(pattern, str):
            return None
        resource.extrapaths = sorted(glob(pattern, root_dir=resource.basepath or "."))
        return MultipartLoader(resource)
