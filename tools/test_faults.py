"""`python -m tools test-faults`: break builds of a two-page book in many ways."""

import argparse
import subprocess
import sys

from tools.environment import ROOT


def main(argv: list[str]) -> int:
    """Runs the tests marked `slow`; returns pytest's exit code."""
    argparse.ArgumentParser("tools test-faults", description=__doc__).parse_args(argv)
    call = [sys.executable, "-m", "pytest", "-vs", "-m", "slow", "tests"]
    return subprocess.call(call, cwd=ROOT)
