"""``python -m entente.cli``: the same as ``entente``."""

import sys

from entente.cli import main

sys.exit(main())
