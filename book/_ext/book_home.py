"""Sphinx extension of this book: where it lives. One setting, `repository.url` of _config.yml,
decides what a page offers.

With a home: buttons for Colab, Binder and Kaggle, at the commit that TREVSNN_COMMIT in the
environment names (a published page then opens the notebook that it shows). Without one, no button,
no report and no link that would lead nowhere: the footer says so, `:::{only} homeless` in a page is
shown, and a link into the repository becomes its words."""

import json
import os
import pathlib

from docutils import nodes

from trevsnn_lite.course import home

KAGGLE = "https://kaggle.com/kernels/welcome?src="


def choose(app, config) -> None:
    """Before anything reads the theme's options."""
    options = config.html_theme_options
    if home.has_home(options["repository_url"]):
        options["repository_branch"] = os.environ.get(
            "TREVSNN_COMMIT", options["repository_branch"]
        )
    else:
        options.update(launch_buttons={}, use_repository_button=False, use_issues_button=False)
        app.tags.add("homeless")
    config.myst_substitutions = {
        **config.myst_substitutions,
        "colab_passed": colab_passed(pathlib.Path(app.srcdir) / "data/colab.json"),
    }


def colab_passed(file: pathlib.Path) -> str:
    """One sentence on the last run of the chapters with Colab's packages, from its record."""
    if not file.is_file():
        return "The chapters have not been run with Colab's packages yet."
    run = json.loads(file.read_text("utf8"))
    return (
        f"All {run['chapters']} chapters last passed on {run['date']}, with Python "
        f"{run['python']}, torch {run['torch']} and {run['pins']} more versions of Colab's list "
        f"of {run['list']}."
    )


def unlink(app, document, page: str) -> None:
    """Without a home, the words of a link into the repository stay, and the link goes."""
    url = app.config.html_theme_options["repository_url"]
    if not home.has_home(url):
        for link in list(document.findall(nodes.reference)):
            if link.get("refuri", "").startswith(url):
                link.replace_self(link.children)


def offer(app, page: str, template: str, context: dict, document) -> None:
    """After the theme has made its buttons, and book_pages its report."""
    url = app.config.html_theme_options["repository_url"].rstrip("/")
    if not home.has_home(url):
        context["page_report"] = ""
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            branch = app.config.html_theme_options["repository_branch"]
            group["buttons"].append(
                {
                    "type": "link",
                    "text": "Kaggle",
                    "tooltip": "Launch on Kaggle",
                    "icon": "fa-brands fa-kaggle",
                    "url": f"{KAGGLE}{url}/blob/{branch}/{page}.ipynb",
                }
            )


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_config_value("wheel_mirrors", [], "", [list])  # read by tools/repository.py
    app.connect("config-inited", choose, priority=400)
    app.connect("doctree-resolved", unlink)
    app.connect("html-page-context", offer, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
