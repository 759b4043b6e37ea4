"""The script of chapter 18: one network on one device, on several, on two hosts."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

SCRIPT = importlib.util.find_spec("dlbook.studies.train_anywhere").origin
TWO_DEVICES = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="the script is for JAX; once is enough"
)


def start(folder, *options, **variables):
    return subprocess.Popen(
        [sys.executable, SCRIPT, str(folder), *map(str, options)],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process):
    """Exit code, output and errors of a process, which must end by itself."""
    try:
        output, errors = process.communicate(timeout=180)
    finally:
        kill(process)
    return process.returncode, output, errors


def kill(process):
    try:
        os.killpg(process.pid, 9)  # with the training, its child
    except ProcessLookupError:
        pass


def free_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def hosts(folder, epochs):
    options = ["--epochs", epochs, "--coordinator", free_address(), "--hosts", 2]
    return [start(folder, *options, "--host", host) for host in range(2)]


def losses(output):
    return [
        float(loss)
        for loss in re.findall(r"epoch \d+ on \d devices?: loss ([\d.]+)", output)
    ]


def learned(folder):
    with np.load(folder / "checkpoint.npz") as arrays:
        return dict(arrays)


def resolves(name):
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False


@pytest.mark.skipif(
    not resolves(socket.gethostname()), reason="this machine's name has no address"
)
def test_two_devices_and_two_hosts_with_a_loss_learn_what_one_device_does(tmp_path):
    one, two, net = (tmp_path / name for name in ("one", "two", "net"))
    code, alone, _ = ended(start(one, "--epochs", 3, "--devices", 1))
    assert code == 0
    code, devices, _ = ended(start(two, "--epochs", 3, **TWO_DEVICES))
    assert code == 0

    first, second = hosts(net, 3)
    while not (net / "checkpoint.npz").exists():
        assert first.poll() is None and second.poll() is None
        time.sleep(0.05)
    kill(second)  # somewhere in the second epoch
    killed = time.monotonic()
    code, before, errors = ended(first)
    second.communicate()
    assert code == 3 and "a host was lost" in errors and "Start all hosts" in errors
    assert time.monotonic() - killed < 60
    assert len(losses(before)) == 1

    first, second = hosts(net, 3)
    before += first.stdout.readline()
    kill(first)  # in the third epoch; it keeps the checkpoint, the others meet there
    killed = time.monotonic()
    code, _, errors = ended(second)
    first.communicate()
    assert code == 3 and "a host was lost" in errors
    assert time.monotonic() - killed < 60

    first, second = hosts(net, 3)
    code, after, _ = ended(first)
    assert code == 0 and ended(second)[0] == 0
    together = losses(before + after)
    assert len(together) == 3
    np.testing.assert_allclose(together, losses(devices), rtol=1e-6)
    for name, array in learned(two).items():
        np.testing.assert_allclose(learned(net)[name], array, atol=1e-6)
    # One device adds up in another order: the same until rounding has grown.
    np.testing.assert_allclose(together[0], losses(alone)[0], rtol=1e-6)
    np.testing.assert_allclose(together[1], losses(alone)[1], rtol=2e-6)


@pytest.mark.parametrize("there", [0, 1])
def test_a_host_whose_peer_does_not_come_is_told_so(tmp_path, there):
    options = ["--hosts", 2, "--coordinator", free_address(), "--wait", 5]
    started = time.monotonic()
    code, _, errors = ended(start(tmp_path, *options, "--host", there))
    assert code == 3 and "not all met in 5 seconds" in errors
    assert time.monotonic() - started < 65  # within a minute more


def test_a_name_that_leads_nowhere_else_is_told(monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("train_anywhere", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    names = {"debian": "127.0.1.1", "10.0.0.1": "10.0.0.1", "localhost": "127.0.0.1"}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, port: [(0, 0, 0, "", (names[name], 0))]
    )
    monkeypatch.setattr(socket, "gethostname", lambda: "debian")
    assert script.unreachable("localhost:9876", False) is None
    assert capsys.readouterr().err == ""
    assert script.unreachable("10.0.0.1:9876", False) is None
    assert "debian, leads back to it" in capsys.readouterr().err


def test_what_is_trained_is_not_trained_again(tmp_path):
    for told in ("epoch 1 on", "has been trained for 1 epochs"):
        code, output, _ = ended(start(tmp_path, "--epochs", 1, "--devices", 1))
        assert code == 0 and told in output


def test_a_damaged_checkpoint_stays_as_it_is(tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    checkpoint.write_bytes(b"no archive")
    code, _, errors = ended(start(tmp_path, "--epochs", 1))
    assert code == 2 and f"{checkpoint} is no checkpoint" in errors
    assert checkpoint.read_bytes() == b"no archive"


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["--hosts", "2", "--host", "2"], "--host must be from 0 to 1, got 2"),
        (["--hosts", "2"], "expected address:port"),
        (["--hosts", "2", "--coordinator", "here:99999"], "expected address:port"),
        (["--hosts", "2", "--coordinator", "no.invalid:1"], "no.invalid:1: "),
        (["--hosts", "2", "--devices", "1"], "--devices is for one host"),
    ],
)
def test_wrong_options_are_refused(tmp_path, options, expected):
    code, _, errors = ended(start(tmp_path / "new", *options))
    assert code == 2 and expected in errors
    assert not (tmp_path / "new").exists()
