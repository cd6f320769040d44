"""`python -m smartradio` is the same as `smartradio`."""

from smartradio.cli.main import main

if __name__ == "__main__":
    main()
