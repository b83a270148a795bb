"""Ctrl-C: one line and the status that shells have for it, from the first import on.

Importing this module sets the handler of the signal; only the command line does.
"""

import os
import signal
from contextlib import suppress
from types import FrameType

STATUS = 130
_SAID = b"stopped; what was prepared is kept, and the next build goes on from there\n"


def end() -> None:
    """End at once: threads of the libraries below us would make Python wait for them, or complain."""
    os.write(2, _SAID)
    os._exit(STATUS)


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop; at once amid an import, where Python and C extensions swallow what is raised, or wrap it.

    To end at once is to be killed: what is stored is whole, and the system frees the lock.
    """
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            end()
        frame = frame.f_back
    raise KeyboardInterrupt


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, _stop)
