"""`python -m tools serve`: serve the built site on the loopback address."""

import argparse
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from tools.environment import ROOT

SITE = ROOT / "_build" / "html"


def main(argv: list[str]) -> int:
    """Serves the site until it is interrupted; returns the exit code."""
    parser = argparse.ArgumentParser("tools serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(argv)
    if not (SITE / "index.html").exists():
        print(f"there is no site at {SITE}: run `make book` first")
        return 1
    handler = partial(SimpleHTTPRequestHandler, directory=SITE)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", options.port), handler)
    except (OSError, OverflowError) as error:
        print(f"--port {options.port} cannot be used: {error}")
        return 1
    print(f"http://127.0.0.1:{server.server_port}/ (Ctrl+C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
