"""`python -m adbench` is the command `adbench`."""

from adbench.cli.main import main

if __name__ == "__main__":
    main()
