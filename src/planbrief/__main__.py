"""``python -m planbrief``."""

import sys

from planbrief.cli import main

sys.exit(main())
