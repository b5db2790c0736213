"""``python -m planbrief``."""

import sys

from planbrief.commands.cli import main

sys.exit(main())
