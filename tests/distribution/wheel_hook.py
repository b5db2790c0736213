"""What the wheel carries beside the code: the sample project's data, without documents that are being read."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SampleProject(BuildHookInterface):  # type: ignore[type-arg]
    """Puts each file of ``data`` into the wheel but those of ``data/drafts``: force-include takes folders whole."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files; an editable wheel carries the same."""
        data = Path(self.root) / "data"
        for path in sorted(data.rglob("*")):
            inside = path.relative_to(data)
            if path.is_file() and inside.parts[0] != "drafts":
                build_data["force_include"][str(path)] = f"planbrief/packaged/data/{inside.as_posix()}"
