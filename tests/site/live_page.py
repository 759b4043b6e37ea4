"""Pages with live figures, and the figures' own interface."""

import numpy as np


def document(*figures, theme="light"):
    body = "<p>between</p>".join(figure._repr_html_() for figure in figures)
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Live</title><body>{body}</body></html>"
    )


def call(page, name, method, *arguments):
    script = "([name, method, args]) => window.dlbookLive[name][method](...args)"
    return page.evaluate(script, [name, method, list(arguments)])


def luminance(rgb):
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (c / 255 for c in rgb)
    ]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
