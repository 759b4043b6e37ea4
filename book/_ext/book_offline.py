"""Keep the pages free of what they do not use and what would leave the machine.

Jupyter Book always loads sphinx-thebe, whose scripts name a content delivery network
even when its button is off. Colab serves that need here, so the scripts go.
"""

from sphinx.application import Sphinx


def _drop_thebe(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    for key in ("script_files", "css_files"):
        context[key] = [
            file
            for file in context.get(key, [])
            if "sphinx-thebe" not in str(getattr(file, "filename", file))
            and "THEBE_JS_URL" not in getattr(file, "attributes", {}).get("body", "")
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", _drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
