"""What is put off until it is needed still works when it is needed."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from planbrief.run.pool import worker as light
light.import_jsonschema()
import nbformat.validator, jsonschema
assert not any(name.startswith("rfc3987_syntax") for name in sys.modules)
checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
print(checker.conforms("https://例子.cn/a", "iri"), checker.conforms("no address", "iri"))
assert "rfc3987_syntax.syntax_helpers" in sys.modules
"""


def test_addresses_are_checked_by_the_grammar_when_they_are_checked_at_all() -> None:
    """nbformat's import does not compile the grammar, and a format check does and gives the right answer."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True False\n", "")
