"""The detectors in a process of their own, because heliport loads for a second and blocks the interpreter at work.

Reading, cleaning and signing continue meanwhile on the other core. The two processes exchange Arrow over pipes, one
request and one answer at a time. When its input ends, because the build is done or dead, the process ends.
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
    """A client of the detectors' process; follow each `ask` by one `answers`."""

    def __enter__(self) -> "Detectors":
        """Start the process; it loads its models at once."""
        command = [sys.executable, "-P", "-m", "builder.langid.process"]
        # In a session of its own, Ctrl-C reaches only us. The process ends with its input.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._to = pa.ipc.new_stream(cast(IO[bytes], self._process.stdin), REQUEST)
        self._from: pa.RecordBatchStreamReader | None = None
        return self

    def ask(self, request: pa.RecordBatch) -> None:
        """Send a request (ask.REQUEST) without waiting for the answers."""
        try:
            self._to.write_batch(request)
            cast(IO[bytes], self._process.stdin).flush()
        except OSError as error:
            raise self._gone() from error

    def answers(self) -> pa.RecordBatch:
        """Wait for the answers (ask.ANSWERS) to the request; raise BuilderError if the process has ended."""
        try:
            if self._from is None:
                self._from = pa.ipc.open_stream(cast(IO[bytes], self._process.stdout))
            return self._from.read_next_batch()
        except (OSError, StopIteration, pa.ArrowInvalid) as error:
            raise self._gone() from error

    def _gone(self) -> BuilderError:
        status = self._process.wait()
        advice = "Free about 1 GB of memory for it" if status == -9 else "See the lines above"
        return BuilderError(
            f"language detectors: their process ended with status {status}. {advice}, then build again: "
            "the build resumes where it stopped"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process; it has nothing to save."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # unsent bytes have no reader any more
                cast(IO[bytes], pipe).close()


def serve() -> None:
    """Answer requests from standard input on standard output until it ends."""
    from builder.langid import detectors
    from builder.langid.ask import answer

    detectors.heliport()
    if not cast(io.BufferedReader, sys.stdin.buffer).peek(1):  # the build stopped before its first request
        return
    try:
        with pa.ipc.open_stream(sys.stdin.buffer) as requests:
            answers = pa.ipc.new_stream(sys.stdout.buffer, ANSWERS)
            for request in requests:
                answers.write_batch(answer(request))
                sys.stdout.buffer.flush()
    except BrokenPipeError:  # the build died during our work
        os._exit(0)


if __name__ == "__main__":
    serve()
