"""What the programs share."""

import json
import logging
import pathlib
import sys

TEXTS = json.loads((pathlib.Path(__file__).parent.parent / "texts.json").read_text(encoding="utf-8"))


def logger(handler, name="shop.orders"):
    """A logger with this handler and no other."""
    made = logging.getLogger(name)
    made.setLevel(logging.DEBUG)
    made.propagate = False
    made.handlers = [handler]
    return made


def fail_loudly(handler):
    """Lets the program end when the handler cannot log, instead of a note on standard error."""

    def handle_error(_record):
        raise  # noqa: PLE0704  the error that is being handled

    handler.handleError = handle_error
    return handler


def decline():
    raise ValueError("payment declined")


def told(expected):
    """Waits for a command on standard input."""
    found = sys.stdin.readline().strip()
    if found != expected:
        raise SystemExit(f"told {found!r} instead of {expected!r}")
