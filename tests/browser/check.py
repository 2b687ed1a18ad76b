"""Looks at report pages in a browser, at the widths of a phone, a tablet and a desk, light and dark, and on paper.

    python3 tests/browser/check.py PAGE.html …

Prints a line for each fault, PAGE, view and what is wrong, and ends with exit code 1 if there is any. What is looked
for: things that leave the window or their box, figures that are cut off, texts of figures that leave their figure, lie
on each other or are too small, texts that do not stand out from their ground, and pages of paper that are half empty.
"""

import os
import sys

sys.dont_write_bytecode = True

import paper
from browser import Browser

WIDTHS = (390, 768, 1280)
# Width of what is printed on A4 with the browser's margins, in pixels of CSS.
PRINTED = 718
# The part of a page of paper that is printed on, at least, but for the last.
FULL = 0.6

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "look.js"), encoding="utf-8") as file:
    LOOK = file.read()


def faults(browser, page):
    """Every fault of a page with the view in which it is seen."""
    views = [(width, dark, "screen") for width in WIDTHS for dark in (False, True)]
    for width, dark, media in [*views, (PRINTED, False, "print")]:
        browser.open(page, width, dark, media)
        shade = "dark" if dark else "light"
        view = "on paper" if media == "print" else f"{width} px, {shade}"
        for fault in browser.evaluate(LOOK):
            yield view, fault
    browser.open(page, WIDTHS[-1])
    shares = paper.filled(browser.pdf())
    if not shares:
        yield "on paper", "no page is printed"
    for number, share in enumerate(shares[:-1], 1):
        if share < FULL:
            yield "on paper", f"page {number} of {len(shares)} is printed to {share:.0%} of its height"


def main(pages):
    """Faults as lines; the exit code."""
    if not pages:
        print(__doc__, file=sys.stderr)
        return 2
    found = 0
    with Browser() as browser:
        for page in pages:
            for view, fault in faults(browser, page):
                found += 1
                print(f"{page}: {view}: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
