"""Sphinx extension of this book: what the footer says of a page's last check, and a problem report
filled in for the page.

The date and the versions come from data/chapter_costs.json, where each chapter's last full run
stands, never from the day of the build."""

import json
import pathlib
import urllib.parse


def last_check(records: dict[str, dict], page: str) -> dict:
    """The record of a chapter's last run; for another page {date, versions} of the chapter that was
    run longest ago. {} where nothing was run."""
    record = records.get(page.rsplit("/", 1)[-1]) or min(
        records.values(), key=lambda run: run["date"], default={}
    )
    return {name: record[name] for name in ("date", "versions") if name in record}


def checked_by(check: dict) -> str:
    """The versions in one line: "trevsnn-lite 0.1.0, Python 3.11.7, ..."."""
    names = sorted(
        check.get("versions", {}), key=lambda name: (name != "trevsnn-lite", name != "Python")
    )
    return ", ".join(f"{name} {check['versions'][name]}" for name in names)


def report_address(repository: str, page: str, check: dict) -> str:
    """A new issue of the repository, with the page and what it was checked with filled in; what is
    left are the reader's two answers."""
    body = (
        f"Page: {page}\nLast checked: {check.get('date', 'never')}, "
        f"{checked_by(check)}\n\nWhere on the page:\n\nWhat I saw, and what I "
        "expected:\n\n"
        "My versions, if I ran it (the line that the first code cell prints):\n"
    )
    return f"{repository}/issues/new?" + urllib.parse.urlencode(
        {"title": f"{page}: ", "body": body}, quote_via=urllib.parse.quote
    )


def add_check(app, page: str, template: str, context: dict, document) -> None:
    """What the footer's template needs, and the same address for the theme's own button "Open
    issue"."""
    check = last_check(app.config.chapter_costs, page)
    address = report_address(
        app.config.html_theme_options.get("repository_url", "").rstrip("/"), page, check
    )
    context.update(
        page_checked_on=check.get("date", ""),
        page_checked_with=checked_by(check),
        page_report=address,
    )
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", [group]):
            if button.get("label") == "source-issues-button":
                button["url"] = address


def read_costs(app, config) -> None:
    """data/chapter_costs.json as a setting, so that pages are written again when it changes. A book
    without the file was never checked."""
    file = pathlib.Path(app.srcdir) / "data/chapter_costs.json"
    config.chapter_costs = json.loads(file.read_text("utf8")) if file.is_file() else {}


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_config_value("chapter_costs", {}, "html", [dict])
    app.connect("config-inited", read_costs)
    app.connect(
        "html-page-context", add_check, priority=900
    )  # after the theme has made its buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
