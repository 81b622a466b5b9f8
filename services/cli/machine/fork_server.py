"""A process that has loaded the modules of the services once, and forks children that run them.

`python -P -m services.cli.machine.fork_server <socket> <module>…`. The children share the memory of
what is loaded. An order comes over the socket as JSON, with the file for the output of the child;
the answer is the child's process id. The child is made a child of the process that started this
server and that must be its "child subreaper" meanwhile (see prctl(2)): so that process waits for it
and learns how it ended, as with any child of its own.

Nothing but this loop may run here: threads, and what gRPC and Temporal keep, do not survive a fork.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from plumbing.settings import take_environment
from services.cli.machine.die_with_parent import bind

ORDER_BYTES = 1 << 20  # more than an environment has
LOOK_EVERY_SECONDS = 0.001


def main(orders: socket.socket, modules: list[str]) -> None:
    """Loads the modules, then forks a child for each order until the socket is closed."""
    gc.disable()  # all that is loaded stays: looking for garbage in it takes a third of the time
    for module in modules:
        with suppress(Exception):  # the child that is to run it tries again, and says why not
            import_module(module)
    gc.collect()
    gc.freeze()  # a collector that looks at every object would write to, and so copy, every page
    while True:
        order, files, *_ = socket.recv_fds(orders, ORDER_BYTES, 1)
        if not order:
            return
        orders.send(str(_fork(json.loads(order), files[0], orders)).encode())
        os.close(files[0])


def _fork(order: dict[str, str], output: int, orders: socket.socket) -> int:
    """Forks a child of a child that ends at once, so that the parent of this server adopts it.

    Returns the id of the child; 0 if it died at once.
    """
    supervisor = os.getppid()
    reader, writer = os.pipe()
    if middle := os.fork():
        os.close(writer)
        os.waitpid(middle, 0)
        with os.fdopen(reader) as answer:
            return int(answer.read() or 0)
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == middle:
        time.sleep(LOOK_EVERY_SECONDS)
    bind(supervisor)
    os.setsid()
    os.write(writer, str(os.getpid()).encode())
    for file in (reader, writer, orders.detach()):
        os.close(file)
    _run(order, output)
    sys.exit()


def _run(order: dict[str, str], output: int) -> None:
    """Runs the function `main` of a module as `python -m` would."""
    os.chdir(order["directory"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, output, output)):
        os.dup2(file, number)
    os.close(nothing)
    os.close(output)
    take_environment(json.loads(order["environment"]))
    sys.argv = [order["module"]]
    Path("/proc/self/comm").write_text(order["name"])  # what `ps -e` and `top` show
    gc.enable()
    import_module(order["module"]).main()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
