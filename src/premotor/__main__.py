"""``python -m premotor``."""

import sys

from premotor.cli import main

if __name__ == "__main__":
    sys.exit(main())
