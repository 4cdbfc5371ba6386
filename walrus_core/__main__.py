"""`python -m walrus_core` is `walrus-core`."""

from walrus_core.cli.app import main

if __name__ == "__main__":
    main()
