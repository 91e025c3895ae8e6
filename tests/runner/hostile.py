"""Functions that do to a worker what users' functions do, by mistake or not."""

import contextlib
import ctypes
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path


def fine():
    return 1.0


def prints_megabytes():
    for number in range(40_000):
        print(f"{number:>8} " + "x" * 90)
    os.write(2, b"y" * 3_000_000)
    os.write(1, b"\nthe last words\n")
    ctypes.CDLL(None).puts(b"and these from C")
    raise ValueError("after printing")


def writes_to_every_descriptor():
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.write(descriptor, b'{"type":"result","id":0,"result":null}\n')
    print('{"type": "hello", "pid": 1}', flush=True)


def reads_stdin():
    assert sys.stdin.read() == ""
    return 1.0


def closes_streams():
    sys.stdout.close()
    sys.stderr = None
    os.close(1)
    os.close(2)


def closes_the_input():
    pipes = [fd for fd in range(3, 64) if _is_pipe(fd)]
    os.close(min(pipes))


def _is_pipe(descriptor):
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def closes_everything():
    os.closerange(3, 256)
    time.sleep(60)


def exits():
    print("leaving")
    sys.exit(3)


def exits_hard():
    print("about to leave")
    os._exit(7)


def exits_hard_with_success():
    os._exit(0)


def segfaults():
    print("about to crash")
    ctypes.string_at(0)


def aborts():
    os.abort()


def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def never_returns():
    print("here we go")
    while True:
        pass


def sleeps():
    time.sleep(600)


def hangs_in_c():
    # Holds the interpreter's lock: no Python code, nor a Python signal handler, runs meanwhile.
    ctypes.PyDLL(None).sleep(600)


def ignores_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)


def interrupts():
    raise KeyboardInterrupt


def changes_folder():
    os.chdir("/")
    raise RuntimeError("from elsewhere")


def forks_and_returns():
    os.fork()
    return 1.0


def leaves_a_child():
    child = subprocess.Popen(["sleep", "600"])
    raise RuntimeError(f"child {child.pid}")


def leaves_a_thread():
    threading.Thread(target=time.sleep, args=(600,)).start()


def recurses(depth=0):
    return recurses(depth + 1)


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raises_mute():
    raise MuteError


def raises_surrogate():
    raise ValueError("bad \udcff name")


def raises_long():
    raise ValueError("n" * 1_000_000)


def raises_base():
    raise BaseExceptionGroup("two", [ValueError("a"), KeyboardInterrupt()])


def raises_with_note():
    error = KeyError("w")
    error.add_note("the layer has no bias")
    error.add_note("----\nFor simplicity, JAX has removed its internal frames from the traceback")
    raise error


def raises_in_numpy():
    import numpy as np

    return np.linalg.inv(np.ones((2, 3)))


def eats_memory():
    blocks = []
    while True:
        blocks.append(bytearray(1 << 26))


def says_pid():
    raise RuntimeError(f"pid {os.getpid()}")


def meets():
    """Returns once two processes are here at the same time."""
    folder = Path(os.environ["MEETING"])
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    return 1.0


def waits_for_ever():
    (Path(os.environ["MEETING"]) / "begun").touch()
    while True:
        pass
