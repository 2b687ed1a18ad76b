"""How full the pages of a PDF are: as much of the format as a browser writes, with Python's standard library."""

import re
import zlib

NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+)"
TOKEN = re.compile(
    rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>|<<|>>|\[|\]|/[^\s/<>\[\]()]*|" + NUMBER + rb"|[A-Za-z'\"*][A-Za-z0-9*]*"
)


def objects(pdf):
    """Number to text and stream of every object."""
    found = {}
    for match in re.finditer(rb"(\d+) 0 obj\b(.*?)\bendobj", pdf, re.S):
        text, stream = match[2], b""
        parts = re.match(rb"(.*?)\bstream\r?\n(.*)\r?\nendstream", text, re.S)
        if parts:
            text, stream = parts[1], parts[2]
            if b"/FlateDecode" in text:
                stream = zlib.decompressobj().decompress(stream)
        found[int(match[1])] = (text, stream)
    return found


def references(text, key):
    """Numbers of the objects that a key of a dictionary names."""
    value = re.search(rb"/" + key + rb"\s*(\[[^\]]*\]|\d+ 0 R)", text)
    return [int(number) for number in re.findall(rb"(\d+) 0 R", value[1])] if value else []


def multiplied(a, b):
    """The matrix that does first a, then b."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def lowest(content, high):
    """The lowest place of a page that something is drawn at, from its top; what leaves the page does not count."""
    one = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    matrix, kept, line, numbers, low = one, [], one, [], 0.0
    leading = 0.0

    def reach(x, y, at):
        nonlocal low
        below = high - (at[1] * x + at[3] * y + at[5])
        if 0 <= below <= high:
            low = max(low, below)

    for match in TOKEN.finditer(content):
        token = match[0]
        if re.fullmatch(NUMBER, token):
            numbers.append(float(token))
            continue
        last = numbers[-6:]
        if token == b"q":
            kept.append(matrix)
        elif token == b"Q" and kept:
            matrix = kept.pop()
        elif token == b"cm" and len(last) == 6:
            matrix = multiplied(last, matrix)
        elif token == b"BT":
            line = one
        elif token == b"Tm" and len(last) == 6:
            line = tuple(last)
        elif token in (b"Td", b"TD") and len(numbers) >= 2:
            line = multiplied((1, 0, 0, 1, *numbers[-2:]), line)
            leading = -numbers[-1] if token == b"TD" else leading
        elif token == b"T*":
            line = multiplied((1, 0, 0, 1, 0, -leading), line)
        elif token in (b"Tj", b"TJ"):
            reach(0, 0, multiplied(line, matrix))
        elif token in (b"m", b"l", b"c", b"v", b"y") and len(numbers) >= 2:
            # Clipping paths of the whole page have no place of their own.
            reach(*numbers[-2:], matrix)
        if token[:1] not in b"([</" and token not in (b"]", b">>"):
            numbers = []
        elif token[:1] in b"(<":
            continue
    return low


def filled(pdf):
    """Of each page the share of its height down to which it is printed."""
    found = objects(pdf)
    pages = [text for text, _ in found.values() if re.search(rb"/Type\s*/Page\b", text)]
    shares = []
    for text in pages:
        box = re.search(rb"/MediaBox\s*\[\s*(\S+)\s+(\S+)\s+(\S+)\s+([\d.]+)", text)
        high = float(box[4])
        content = b"\n".join(found[number][1] for number in references(text, b"Contents"))
        shares.append(lowest(content, high) / high)
    return shares
