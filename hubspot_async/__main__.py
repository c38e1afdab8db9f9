"""`python -m hubspot_async` is the command `hubspot-async`."""

import sys

from hubspot_async.cli import main

if __name__ == "__main__":
    sys.exit(main())
