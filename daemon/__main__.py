"""`python -m daemon` is `perkd`."""

from daemon.cli import main

if __name__ == "__main__":
    main(prog_name="perkd")
