"""Ctrl-C: print one line and exit with the status that shells use for it, from the first import on.

Importing this module sets the handler of the signal; only the command line imports it.
"""

import os
import signal
from contextlib import suppress
from types import FrameType

STATUS = 130
_MESSAGE = b"stopped; prepared records are kept, and the next build continues from there\n"


def end() -> None:
    """Exit at once; otherwise Python would wait for the threads of libraries, or print their errors."""
    os.write(2, _MESSAGE)
    os._exit(STATUS)


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; exit at once during an import, where Python and C extensions swallow or wrap it.

    To exit at once is like being killed: stored files are whole, and the system frees the lock.
    """
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            end()
        frame = frame.f_back
    raise KeyboardInterrupt


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, _stop)
