"""Trains LeNet on one device, on all devices of a machine, or on several machines.

    python train_anywhere.py runs/a                # all devices of this machine
    python train_anywhere.py runs/a --devices 1    # one of them
    python train_anywhere.py runs/a --coordinator 10.0.0.1:9876 --hosts 2 --host 0
    python train_anywhere.py runs/a --coordinator 10.0.0.1:9876 --hosts 2 --host 1

The last two on two machines; 10.0.0.1 is the address of host 0. Each machine's own name
must resolve to an address at which the others reach it (not 127.0.1.1, as Debian has
it). However many devices share a batch, it is the same batch, and its mean gradient is
the same up to rounding.

After each epoch host 0 writes weights and optimizer to `checkpoint.npz` in the folder.
Started again, training goes on behind the last whole epoch: host 0 sends what it finds
there to the others. If the hosts do not meet within `--wait` seconds, or one is lost,
the others say so and end with exit code 3, within a minute more. Start them again.
"""

import argparse
import ipaddress
import os
import socket
import subprocess
import sys
import traceback
import zipfile
from pathlib import Path

import numpy as np

BATCH_SIZE, RATE, SEED = 128, 0.05, 0
HEARTBEAT = 20  # seconds after which a silent host counts as lost
MET, WRONG_INPUT = "all hosts met", 2


def arguments(argv):
    parser = argparse.ArgumentParser("train_anywhere.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="for the checkpoint and the log")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--devices", type=int, help="of this machine; default all")
    parser.add_argument("--coordinator", help="address and port of host 0")
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--host", type=int, default=0, help="this one's number")
    parser.add_argument("--wait", type=int, default=60, help="seconds to meet")
    given = parser.parse_args(argv)
    for name in ("epochs", "hosts", "wait", "devices"):
        value = getattr(given, name)
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    if not 0 <= given.host < given.hosts:
        parser.error(f"--host must be from 0 to {given.hosts - 1}, got {given.host}")
    if given.hosts > 1:
        if given.devices:
            parser.error("--devices is for one host; several use all they have")
        problem = unreachable(given.coordinator, given.host == 0)
        if problem:
            parser.error(f"--coordinator {given.coordinator}: {problem}")
    return given


def unreachable(address, ours):
    """Says what is wrong with the coordinator's address, if anything is."""
    host, _, port = (address or "").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        return "expected address:port, such as 10.0.0.1:9876"
    own = socket.gethostname()
    try:
        own_leads_back = loops_back(own)
    except OSError:
        return f"this machine's own name, {own}, has no address: see /etc/hosts"
    try:
        if own_leads_back and not loops_back(host):
            print(
                f"this machine's own name, {own}, leads back to it: where hosts meet by"
                " name, as CPUs do, the others will not find it; see /etc/hosts",
                file=sys.stderr,
            )
        if ours:
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind(("", int(port)))
    except OSError as error:
        return f"{error.strerror}"


def loops_back(name):
    """Whether a name leads nowhere but to the machine that asks."""
    found = {place[0] for *_, place in socket.getaddrinfo(name, None)}
    return all(ipaddress.ip_address(one.split("%")[0]).is_loopback for one in found)


def main(argv):
    """Trains in a process of its own, and says why if that ends early."""
    given = arguments(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    log = given.folder / f"host{given.host}.log"
    variables = os.environ | {"TRAIN_ANYWHERE": "worker", "KERAS_BACKEND": "jax"}
    with open(log, "w") as errors:
        call = [sys.executable, __file__, *argv]
        code = subprocess.call(call, env=variables, stderr=errors)
    said = log.read_text().splitlines()
    if code == WRONG_INPUT:
        print(said[-1], file=sys.stderr)
    elif code and given.hosts == 1:
        print("\n".join(said), file=sys.stderr)
    elif code:
        met = MET in said
        what = "a host was lost" if met else f"not all met in {given.wait} seconds"
        print(
            f"host {given.host} of {given.hosts} at {given.coordinator}: {what}. "
            "Start all hosts again; the last whole epoch, if there was one, is kept. "
            f"See {log}, which ends: {said[-1] if said else f'exit code {code}'}",
            file=sys.stderr,
        )
        return 3
    return code


def work(given):
    """Joins the hosts, divides every batch among all devices, and trains."""
    import jax

    if given.hosts > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(
            given.coordinator,
            given.hosts,
            given.host,
            initialization_timeout=given.wait,
            heartbeat_timeout_seconds=HEARTBEAT,
        )
        print(MET, file=sys.stderr, flush=True)
    import keras

    from dlbook import data, zoo

    devices = keras.distribution.list_devices()[: given.devices]
    if given.hosts > 1 and len(devices) != given.hosts * jax.local_device_count():
        stop(f"{given.hosts} hosts with {len(devices)} devices: each needs as many")
    if BATCH_SIZE % len(devices):
        stop(f"a batch of {BATCH_SIZE} does not divide among {len(devices)} devices")
    if len(devices) > 1:
        mesh = keras.distribution.DeviceMesh((len(devices),), ["batch"], devices)
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(device_mesh=mesh, auto_shard_dataset=False)
        )
    keras.utils.set_random_seed(SEED)
    model = zoo.lenet()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE, momentum=0.9), loss)
    model.optimizer.build(model.trainable_variables)
    state = [*model.variables, *model.optimizer.variables]
    checkpoint = given.folder / "checkpoint.npz"
    (x, y), _ = data.mnist()
    done = restore(state, checkpoint, given)
    if given.host == 0 and done >= given.epochs:
        print(f"{checkpoint} has been trained for {done} epochs", flush=True)
    for epoch in range(done, given.epochs):
        share = shares(x, y, epoch, given)
        history = model.fit(share, shuffle=False, verbose=0)
        if given.host == 0:
            save(state, checkpoint, epoch + 1)
            (value,) = history.history["loss"]
            on = f"{len(devices)} device" + "s" * (len(devices) > 1)
            print(f"epoch {epoch + 1} on {on}: loss {value:.7f}", flush=True)


def shares(x, y, epoch, given):
    """This host's part of every batch of an epoch, in an order drawn for the epoch."""
    import keras

    order = np.random.default_rng([SEED, epoch]).permutation(len(x))
    batches = order[: len(x) // BATCH_SIZE * BATCH_SIZE].reshape(-1, BATCH_SIZE)
    batches = np.split(batches, given.hosts, axis=1)[given.host]

    class Share(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, k):
            images = x[batches[k]][..., np.newaxis].astype("float32") / 255
            return images, y[batches[k]]

    return Share()


def restore(state, checkpoint, given):
    """Sets all hosts' variables to those of host 0's checkpoint; returns its epoch."""
    epoch, arrays = 0, [np.asarray(variable) for variable in state]
    if given.host == 0 and checkpoint.exists():
        try:
            with np.load(checkpoint) as found:
                epoch = int(found["epoch"])
                arrays = [found[f"{k}"].reshape(a.shape) for k, a in enumerate(arrays)]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            stop(f"{checkpoint} is no checkpoint of this network: {error}")
    if given.hosts > 1:
        from jax.experimental import multihost_utils

        epoch, arrays = multihost_utils.broadcast_one_to_all((epoch, arrays))
    for variable, array in zip(state, arrays, strict=True):
        variable.assign(array)
    return int(epoch)


def save(state, checkpoint, epoch):
    """Writes the checkpoint beside the old one, then puts it in its place."""
    arrays = {f"{k}": np.asarray(variable) for k, variable in enumerate(state)}
    part = checkpoint.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez(file, epoch=epoch, **arrays)
    part.replace(checkpoint)


def stop(message):
    print(message, file=sys.stderr)
    sys.exit(WRONG_INPUT)


def worker(argv):
    """Works, and ends at once: JAX would wait for hosts that do not end, too."""
    code = 1
    try:
        work(arguments(argv))
        return
    except SystemExit as ended:
        code = ended.code
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if os.environ.get("TRAIN_ANYWHERE") == "worker":
        worker(sys.argv[1:])
    else:
        sys.exit(main(sys.argv[1:]))
