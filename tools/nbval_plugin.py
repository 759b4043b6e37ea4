"""Three repairs of nbval, loaded with `pytest -p tools.nbval_plugin`.

Cells run with `store_history`, without which IPython ignores a trailing semicolon; a
kernel that dies is reported at once, not when the cell's time is over; and kernels need
no free ports.
"""

import time
from queue import Empty

from jupyter_client.manager import KernelManager
from nbval import kernel
from nbval.kernel import RunningKernel

from tools.environment import kernel_sockets


def _execute_cell_input(self, cell_input, allow_stdin=None):
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def _await_reply(self, msg_id, timeout=None):
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            message = self.get_message("shell", timeout=1)
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died while it ran the cell") from None
            if end and time.monotonic() > end:
                raise
            continue
        if message["parent_header"].get("msg_id") == msg_id:
            return


def _manager(**options):
    return KernelManager(**options, **kernel_sockets())


kernel.KernelManager = _manager
RunningKernel.execute_cell_input = _execute_cell_input
RunningKernel.await_reply = _await_reply
