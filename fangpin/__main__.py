"""Lets ``python -m fangpin`` do what the ``fangpin`` command does."""

from fangpin.cli.main import main

if __name__ == "__main__":
    main()
