r"""Anchors that portable Markdown links reach, in their page and from other pages.

- A paragraph `$$ ... \tag{2.1} $$` gets the anchor `eq-2-1`, so that
  `[(2.1)](#eq-2-1)` and `[(2.1)](02_loss_and_descent.ipynb#eq-2-1)` work.
- The name of a figure (`mystnb: {figure: {name: ...}}`) and an HTML anchor
  (`<a id="x"></a>`) can be linked in the same way.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

TAG = re.compile(r"\\tag\*?\{([^}]+)\}")
HTML_ID = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)[\"']")


class EquationAnchors(SphinxTransform):
    r"""Give each `\tag` an anchor."""

    default_priority = 410  # before Sphinx collects labels

    def apply(self, **kwargs: object) -> None:
        for math in list(self.document.findall(nodes.math_block)):
            tags = TAG.findall(math.astext())
            words = [re.sub(r"[^a-z0-9]+", "-", tag.lower()) for tag in tags]
            names = [f"eq-{word.strip('-')}" for word in words]
            math["ids"] += names
            math["names"] += names
            self.document.note_explicit_target(math)  # warns when a tag stands twice


class ReachableAnchors(SphinxTransform):
    """Add anchors other than headings to those that myst-parser knows.

    It keeps them only where `myst_heading_anchors` is set.
    """

    default_priority = 878  # just before myst-parser's ResolveAnchorIds

    def apply(self, **kwargs: object) -> None:
        slugs = getattr(self.document, "myst_slugs", None)
        if slugs is None:
            return
        for name, explicit in self.document.nametypes.items():
            identifier = self.document.nameids.get(name)
            if explicit and identifier:
                slugs.setdefault(name, (0, identifier, name))
        for raw in self.document.findall(nodes.raw):
            for name in HTML_ID.findall(raw.astext()):
                slugs.setdefault(name, (0, name, name))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(EquationAnchors)
    app.add_transform(ReachableAnchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
