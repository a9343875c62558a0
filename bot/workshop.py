"""A worker process for pure functions that a stranger's bytes could make slow: it is stopped when it takes too long.

A thread cannot be stopped, and holds up the event loop while it computes. The worker is started for the first job,
does one at a time, and is started anew after it had to be stopped. It reads jobs from a pipe, so that it ends with
the program however that ends.
"""

from __future__ import annotations

import asyncio
import pickle
import resource
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, ParamSpec, TypeVar

from bot.errors import ThreadlineError, Unparsable

P = ParamSpec("P")
T = TypeVar("T")

LONGEST = 10.0
"""Seconds that a job may take."""

MEMORY = 1024 * 1024 * 1024
"""Bytes that the worker may hold."""

IDLE = 120.0
"""Seconds without a job after which the worker is let go."""

_SIZE = struct.Struct(">Q")


class Workshop:
    """Does jobs one after the other, in a process of its own."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._turn = asyncio.Lock()
        self._worker: Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False

    async def do(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns or raises; a function of a module, whose arguments and result can be pickled.

        Raises `Unparsable` where it takes too long or takes the worker down.
        """
        job = await asyncio.to_thread(pickle.dumps, (function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            answer = await self._answer(job)
            self._idle = asyncio.get_running_loop().call_later(IDLE, self._let_go)
        good, result = await asyncio.to_thread(pickle.loads, answer)
        if not good:
            raise result
        made: T = result
        return made

    async def _answer(self, job: bytes) -> bytes:
        worker = self._worker
        try:
            if worker is None or worker.returncode is not None:
                worker = self._worker = await self._started()
            assert worker.stdin is not None
            assert worker.stdout is not None
            async with asyncio.timeout(self._longest):
                worker.stdin.write(_SIZE.pack(len(job)) + job)
                await worker.stdin.drain()
                [size] = _SIZE.unpack(await worker.stdout.readexactly(_SIZE.size))
                return await worker.stdout.readexactly(size)
        except TimeoutError:
            raise Unparsable(f"it took longer than {self._longest:g} s to read and was given up") from None
        except (OSError, EOFError) as error:
            raise Unparsable(f"what reads it ended: {type(error).__name__}") from None
        finally:
            if sys.exc_info()[0] is not None and worker is not None:
                self._kill(worker)  # its next answer would be one to this job

    async def _started(self) -> Process:
        if self._closed:
            raise Unparsable("the program is stopping")
        command = (sys.executable, "-m", "bot.workshop")
        # A session of its own: who stops the program at a terminal stops the worker through its pipe.
        return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)

    def _kill(self, worker: Process) -> None:
        with suppress(ProcessLookupError):
            worker.kill()
        if self._worker is worker:
            self._worker = None

    def _let_go(self) -> None:
        if self._worker is not None and not self._turn.locked() and self._worker.stdin is not None:
            self._worker.stdin.close()
            self._worker = None

    async def close(self) -> None:
        """Stop the worker; a job that is under way fails."""
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        if (worker := self._worker) is not None:
            self._kill(worker)
            await worker.wait()


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """What the worker does: jobs from a pipe, until it ends."""
    while len(head := jobs.read(_SIZE.size)) == _SIZE.size:
        job = jobs.read(_SIZE.unpack(head)[0])
        try:
            function, args, kwargs = pickle.loads(job)
            done = True, function(*args, **kwargs)
        except ThreadlineError as error:
            done = False, error
        except MemoryError:
            done = False, Unparsable(f"it needs more than {MEMORY >> 20} MiB of memory to read")
        except Exception as error:
            # Of another class perhaps than any that the other side knows, or one that cannot be pickled.
            done = False, RuntimeError(f"{type(error).__name__}: {error}")
        answer = pickle.dumps(done, pickle.HIGHEST_PROTOCOL)
        answers.write(_SIZE.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    with suppress(OSError, ValueError):  # some systems do not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)
