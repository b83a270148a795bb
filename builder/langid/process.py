"""The detectors in a process of their own: heliport takes a second to load and holds the interpreter while it works.

So reading, tidying and signing go on beside it, on the other core. The two speak Arrow over pipes, one request and
one answer at a time; when its input ends, because the build is done or dead, the process ends.
"""

import contextlib
import io
import os
import subprocess
import sys
from types import TracebackType
from typing import IO, cast

import pyarrow as pa

from builder.core.errors import BuilderError
from builder.langid.ask import ANSWERS, REQUEST


class Detectors:
    """A client of the detectors' process; each `ask` is followed by one `answers`."""

    def __enter__(self) -> "Detectors":
        """Start the process; it loads its models at once."""
        command = [sys.executable, "-P", "-m", "builder.langid.process"]
        # A session of its own: Ctrl-C is for us, and it ends with its input.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._to = pa.ipc.new_stream(cast(IO[bytes], self._process.stdin), REQUEST)
        self._from: pa.RecordBatchStreamReader | None = None
        return self

    def ask(self, request: pa.RecordBatch) -> None:
        """Send bodies and tags (ask.REQUEST), and do not wait."""
        try:
            self._to.write_batch(request)
            cast(IO[bytes], self._process.stdin).flush()
        except OSError as error:
            raise self._gone() from error

    def answers(self) -> pa.RecordBatch:
        """Wait for the answers (ask.ANSWERS) to what was asked."""
        try:
            if self._from is None:
                self._from = pa.ipc.open_stream(cast(IO[bytes], self._process.stdout))
            return self._from.read_next_batch()
        except (OSError, StopIteration, pa.ArrowInvalid) as error:
            raise self._gone() from error

    def _gone(self) -> BuilderError:
        status = self._process.wait()
        why = "; they need about 1 GB of memory: free some" if status == -9 else "; see above"
        return BuilderError(f"the language detectors ended with status {status}{why}. What was prepared is kept")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process; it has nothing to save."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what was still to be sent has no reader any more
                cast(IO[bytes], pipe).close()


def serve() -> None:
    """Answer requests from standard input on standard output until it ends."""
    from builder.langid import detectors
    from builder.langid.ask import answer

    detectors.heliport()
    if not cast(io.BufferedReader, sys.stdin.buffer).peek(1):  # the build was stopped before it asked
        return
    try:
        with pa.ipc.open_stream(sys.stdin.buffer) as requests:
            answers = pa.ipc.new_stream(sys.stdout.buffer, ANSWERS)
            for request in requests:
                answers.write_batch(answer(request))
                sys.stdout.buffer.flush()
    except BrokenPipeError:  # the build was killed while we worked
        os._exit(0)


if __name__ == "__main__":
    serve()
