"""`python -m cigate`."""

import sys

from cigate.cli import main

sys.exit(main())
