"""Show portable notes as admonitions.

A chapter writes `> **Note.** text`, which reads well in Colab and on GitHub; on the
site the quote becomes a note box. The words are those of `KINDS`. GitHub's own
`> [!NOTE]` is understood in the same way.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

KINDS = {
    "note": nodes.note,
    "tip": nodes.tip,
    "important": nodes.important,
    "warning": nodes.warning,
    "caution": nodes.caution,
}
BOLD = re.compile(rf"({'|'.join(KINDS)})[.:]?", re.IGNORECASE)
ALERT = re.compile(rf"\[!({'|'.join(KINDS)})\]", re.IGNORECASE)


class Alerts(SphinxTransform):
    """Turn block quotes that open with a word of `KINDS` into admonitions."""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            if not quote.children or not isinstance(quote[0], nodes.paragraph):
                continue
            first = quote[0]
            lead = next((n for n in first.children if n.astext().strip()), None)
            if lead is None:
                continue
            pattern = BOLD if isinstance(lead, nodes.strong) else ALERT
            match = pattern.fullmatch(lead.astext().strip())
            if not match:
                continue
            del first.children[: first.index(lead) + 1]
            if not first.astext().strip():
                quote.remove(first)
            elif isinstance(first[0], nodes.Text):
                first[0] = nodes.Text(first[0].lstrip())
            kind = KINDS[match[1].lower()]
            quote.replace_self(kind(quote.rawsource, *quote.children))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(Alerts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
