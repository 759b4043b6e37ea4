"""What goes wrong on a page while a test looks at it."""


def watch(page, address: str) -> list[str]:
    """Collect what goes wrong on a page from now on."""
    wrong = []

    def request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(f"request leaves the machine: {request.url}")

    def response(response):
        if response.status >= 400:
            wrong.append(f"status {response.status}: {response.url}")

    page.on("request", request)
    page.on("response", response)
    page.on("requestfailed", lambda r: wrong.append(f"failed: {r.url} {r.failure}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: (
            wrong.append(f"console: {message.text}")
            if message.type == "error"
            else None
        ),
    )
    return wrong
