#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Is a page of `dtrain report` whole, and does it need nothing but itself? Prints what is wrong, a line each.

    check_page.py report.html

* Elements are closed in the order in which they were opened; html, head, body, main, h1 and title are there once.
* No id and no attribute of an element is there twice; what is referred to in the page is there.
* No script, no style sheet or picture from elsewhere, no address but those that name SVG. Links lead to
  files beside the page that exist.
"""
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "br", "hr", "input", "link", "img", "col", "source", "wbr", "area", "base", "embed", "track"}
ONCE = ("html", "head", "body", "main", "h1", "title")
FOREIGN = {"script", "link", "iframe", "object", "embed", "img", "base", "form"}
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


class Page(HTMLParser):
    def __init__(self, folder):
        super().__init__(convert_charrefs=True)
        self.folder, self.open, self.seen, self.ids, self.targets = folder, [], Counter(), Counter(), []
        self.problems, self.declaration = [], None

    def complain(self, problem):
        self.problems.append(f"line {self.getpos()[0]}: {problem}")

    def handle_decl(self, declaration):
        self.declaration = declaration

    def handle_startendtag(self, tag, attributes):
        self.take(tag, attributes)
        if "svg" not in self.open and tag not in VOID:
            self.complain(f"<{tag}/> closes itself outside of SVG")

    def handle_starttag(self, tag, attributes):
        self.take(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complain(f"</{tag}> inside of <{self.open[-1] if self.open else '(nothing)'}>")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def take(self, tag, attributes):
        if "svg" not in self.open:  # which has titles of its own
            self.seen[tag] += 1
        if tag in FOREIGN:
            self.complain(f"<{tag}> has no place here")
        for name, count in Counter(name for name, _ in attributes).items():
            if count > 1:
                self.complain(f"<{tag}> has {name} twice")
        for name, value in attributes:
            if name.startswith("on"):
                self.complain(f"script in {name}")
            if name == "id":
                self.ids[value] += 1
            if name in ("href", "xlink:href", "src"):
                self.refer(value)

    def refer(self, target):
        if target.startswith("#"):
            self.targets.append(target[1:])
        elif not re.fullmatch(r"[\w.-]+", target):
            self.complain(f"{target} is no file beside the page")
        elif not (self.folder / target).is_file():
            self.complain(f"{target} does not exist")

    def finish(self, text):
        self.close()
        if self.declaration != "DOCTYPE html":
            self.complain("no <!DOCTYPE html>")
        if self.open:
            self.complain(f"never closed: {', '.join(self.open)}")
        for tag in ONCE:
            if self.seen[tag] != 1:
                self.complain(f"<{tag}> is there {self.seen[tag]} times")
        for name, count in self.ids.items():
            if count > 1:
                self.complain(f"id {name} is there {count} times")
        for target in self.targets:
            if target not in self.ids:
                self.complain(f"nothing has the id {target}")
        for address in re.findall(r"\w+://[^\s\"'<]*", text):
            if address not in NAMESPACES:
                self.complain(f"refers to {address}")
        for style in re.findall(r"<style>(.*?)</style>", text, re.S):
            if re.search(r"@import|url\(", style):
                self.complain("the style asks for other files")


def problems(file):
    text = file.read_text(encoding="utf-8")
    page = Page(file.parent)
    page.feed(text)
    page.finish(text)
    return page.problems


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]))
    print("\n".join(found) or "the page is whole and needs nothing but itself")
    sys.exit(bool(found))
