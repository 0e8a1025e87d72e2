"""Turns what `tmux capture-pane -e -p` prints into SVG: one picture, or a loop of several.

A screen is a list of rows, a row a list of cells (text, style), None for the right half of a wide character. What stands
in the same place in several frames is drawn once and shown in each of them, so a recording stays small.
"""
import re
import unicodedata
from html import escape

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, BASELINE = 8, 17, 13.3, 12.5
MARGIN, TITLE_HEIGHT, CAPTION_HEIGHT = 12, 30, 34
BACKGROUND, FOREGROUND, FRAME, TITLE = "#16181d", "#d0d3d8", "#2a2d35", "#9aa0aa"
BASIC = (
    "#24272e #d64b4b #5faf5f #cfae3a #4f86c6 #b06fc2 #45a8b0 #c8ccd2"
    " #6b717d #ff6b6b #87d787 #ffd75f #7fb2f0 #d794e6 #6fd8e0 #ffffff"
).split()
SGR = re.compile(r"\x1b\[([0-9;:]*)m|\x1b[^m]?[^\x1b]?|\x0e|\x0f")

# Lines from the middle of a cell to its edges, for the characters of boxes: left, right, up, down.
BOXES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
    "├": "rud", "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud", "╴": "l", "╶": "r", "╵": "u", "╷": "d",
    "━": "lr", "┃": "ud",
}
EDGES = {"l": (0, None), "r": (1, None), "u": (None, 0), "d": (None, 1)}
ROWS = "─░▒▓▁▂▃▄▅▆▇█"  # what is drawn as one shape where it stands in a row
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def colour(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + (number - 232) * 10:02x}" * 3
    number -= 16
    return "#" + "".join(f"{55 + 40 * step if step else 0:02x}" for step in (number // 36, number // 6 % 6, number % 6))


def changed(style, parameters):
    """The style (foreground, background, attributes) after an SGR sequence."""
    fg, bg, attributes = style
    codes = [int(code or 0) for code in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            fg, bg, attributes = None, None, frozenset()
        elif code in (1, 2, 3, 4, 7):
            attributes |= {code}
        elif code == 22:
            attributes -= {1, 2}
        elif code in (23, 24, 27):
            attributes -= {code - 20}
        elif code in (38, 48):
            if codes.pop(0) == 5:
                value = colour(codes.pop(0))
            else:
                value = "#" + "".join(f"{codes.pop(0):02x}" for _ in range(3))
            fg, bg = (value, bg) if code == 38 else (fg, value)
        elif code in (39, 49):
            fg, bg = (None, bg) if code == 39 else (fg, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            fg = BASIC[code % 10 + (8 if code >= 90 else 0)]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            bg = BASIC[code % 10 + (8 if code >= 100 else 0)]
    return fg, bg, attributes


def screen(captured, width):
    """The cells of a captured screen."""
    rows, style = [], (None, None, frozenset())
    for line in captured.rstrip("\n").split("\n"):
        row, position = [], 0
        while position < len(line):
            escape_sequence = SGR.match(line, position)
            if escape_sequence:
                if escape_sequence[1] is not None:
                    style = changed(style, escape_sequence[1])
                position = escape_sequence.end()
                continue
            character = line[position]
            position += 1
            if unicodedata.combining(character) or character in "\ufe0f\u200d":
                owner = -2 if row[-1] is None else -1
                row[owner] = (row[owner][0] + character, row[owner][1])
                continue
            row.append((character, style))
            if unicodedata.east_asian_width(character) in "WF":
                row.append(None)
        rows.append(row + [(" ", (None, None, frozenset()))] * (width - len(row)))
    return rows


def painted(style):
    """Foreground and background as they are seen."""
    fg, bg, attributes = style
    if 7 in attributes:
        return bg or BACKGROUND, fg or FOREGROUND
    return fg or FOREGROUND, bg


def block(character):
    """Left, top, width and height of a block element, in parts of a cell; None for other characters."""
    code = ord(character[0])
    if 0x2581 <= code <= 0x2588:
        part = (code - 0x2580) / 8
        return 0, 1 - part, 1, part
    if 0x2589 <= code <= 0x258F:
        return 0, 0, (0x2590 - code) / 8, 1
    return {"▀": (0, 0, 1, 0.5), "▐": (0.5, 0, 0.5, 1), "▔": (0, 0, 1, 0.125)}.get(character)


def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rectangle(x, y, width, height, fill, more=""):
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" fill="{fill}"{more}/>'


def line_art(text, x, y, fill, count=1):
    """A row of lines or blocks as a shape, so that they meet whatever the font; None for what is a letter."""
    if text == "─":
        return f'<path d="M{number(x)} {number(y + CELL_HEIGHT / 2)}h{count * CELL_WIDTH}" stroke="{fill}" fill="none"/>'
    if text in BOXES:
        middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
        path = ""
        for side in BOXES[text]:
            across, down = EDGES[side]
            path += f"M{number(middle_x)} {number(middle_y)}"
            path += f"H{number(x + across * CELL_WIDTH)}" if down is None else f"V{number(y + down * CELL_HEIGHT)}"
        return f'<path d="{path}" stroke="{fill}" fill="none"/>'
    if text in SHADES:
        return rectangle(x, y, count * CELL_WIDTH, CELL_HEIGHT, fill, f' opacity="{SHADES[text]}"')
    part = block(text)
    if part:
        left, top, width, height = part
        if width == 1:
            return rectangle(x, y + top * CELL_HEIGHT, count * CELL_WIDTH, height * CELL_HEIGHT, fill)
        return rectangle(x + left * CELL_WIDTH, y + top * CELL_HEIGHT, width * CELL_WIDTH, height * CELL_HEIGHT, fill)
    return None


def word(text, cells, x, y, style):
    """Letters in their cells: the length is given, so that another font doesn't move what follows."""
    fg, _ = painted(style)
    more = "" if fg == FOREGROUND else f' fill="{fg}"'
    for attribute, words in ((1, ' font-weight="bold"'), (2, ' opacity=".6"'), (3, ' font-style="italic"'),
                             (4, ' text-decoration="underline"')):
        more += words if attribute in style[2] else ""
    length = f' textLength="{cells * CELL_WIDTH}" lengthAdjust="spacingAndGlyphs"' if cells > 1 else ""
    return f'<text x="{number(x)}" y="{number(y + BASELINE)}"{length}{more}>{escape(text, quote=False)}</text>'


def elements(rows):
    """What a screen is drawn from, in the order of drawing: backgrounds, then what stands on them."""
    backgrounds, things = [], []
    for row_number, row in enumerate(rows):
        y, start, text, done = row_number * CELL_HEIGHT, 0, "", 0
        row = row + [(" ", (None, None, frozenset()))]

        def flush(end):
            if text:
                things.append(word(text, end - start, start * CELL_WIDTH, y, row[start][1]))

        column = 0
        while column < len(row) - 1:
            bg, end = painted(row[column][1])[1], column + 1
            while end < len(row) - 1 and (row[end] is None or painted(row[end][1])[1] == bg):
                end += 1
            if bg:
                backgrounds.append(rectangle(column * CELL_WIDTH, y, (end - column) * CELL_WIDTH, CELL_HEIGHT, bg))
            column = end
        for column, cell in enumerate(row):
            if cell is None or column < done:
                continue
            wide = column + 1 < len(row) and row[column + 1] is None
            x, art = column * CELL_WIDTH, line_art(cell[0], column * CELL_WIDTH, y, painted(cell[1])[0])
            alone = art is not None or wide or ord(cell[0][0]) > 0x24F
            if alone or cell[0] == " " or (text and cell[1] != row[start][1]):
                flush(column)
                text = ""
            if art is not None and cell[0] in ROWS:
                done = column + 1
                while row[done] == cell:
                    done += 1
                art = line_art(cell[0], x, y, painted(cell[1])[0], done - column)
            if art is not None:
                things.append(art)
            elif alone:
                things.append(word(cell[0], 2 if wide else 1, x, y, cell[1]))
            elif cell[0] != " ":
                start = start if text else column
                text += cell[0]
        flush(len(row) - 1)
    return backgrounds, things


def document(frames, width, height, title, description, poster=0):
    """frames: (screen, seconds, caption). With more than one the picture moves; `poster` is what stands still where
    nothing may move."""
    captions = any(caption for _, _, caption in frames)
    full_width = width * CELL_WIDTH + 2 * MARGIN
    caption_top = TITLE_HEIGHT + height * CELL_HEIGHT + MARGIN
    full_height = caption_top + (CAPTION_HEIGHT if captions else 0)
    duration = sum(seconds for _, seconds, _ in frames)
    layers, seen = ([], [], []), {}
    for index, (rows, _, caption) in enumerate(frames):
        backgrounds, things = elements(rows)
        said = []
        if caption:
            said = [f'<text x="0" y="{caption_top - TITLE_HEIGHT + 18}" fill="#ffffff">{escape(caption, quote=False)}</text>']
        for layer, drawn in zip(layers, (backgrounds, things, said)):
            for element in drawn:
                if element not in seen:
                    seen[element] = set()
                    layer.append(element)
                seen[element].add(index)

    classes = {}
    body = []
    for layer in layers:
        groups = {}
        for element in layer:
            groups.setdefault(frozenset(seen[element]), []).append(element)
        for shown, drawn in groups.items():
            if len(shown) == len(frames):
                body.append("<g>" + "\n".join(drawn) + "</g>")
            else:
                name = classes.setdefault(shown, f"f{len(classes)}")
                hidden = "" if poster in shown else ' visibility="hidden"'
                body.append(f'<g class="{name}"{hidden}>' + "\n".join(drawn) + "</g>")

    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width} {full_height}" width="{full_width}"'
        f' height="{full_height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>text{{white-space:pre}}{animation(classes, frames, duration)}</style>",
        rectangle(0.5, 0.5, full_width - 1, full_height - 1, BACKGROUND, f' rx="8" stroke="{FRAME}"'),
        *(f'<circle cx="{MARGIN + 6 + 18 * place}" cy="15" r="5" fill="{FRAME}"/>' for place in range(3)),
        f'<text x="{full_width / 2}" y="19" text-anchor="middle" font-family="sans-serif" font-size="12"'
        f' fill="{TITLE}">{escape(title)}</text>',
        f'<g transform="translate({MARGIN} {TITLE_HEIGHT})" fill="{FOREGROUND}" font-size="{FONT_SIZE}"'
        " font-family=\"'DejaVu Sans Mono','Menlo','Consolas','Liberation Mono',monospace\">",
        *body,
        "</g>",
        "</svg>",
    ]) + "\n"


def animation(classes, frames, duration):
    if not classes:
        return ""
    starts, time = [], 0
    for _, seconds, _ in frames:
        starts.append(time)
        time += seconds
    rules = []
    for shown, name in classes.items():
        steps, before = [], None
        for index, start in enumerate(starts):
            if (index in shown) != before:
                before = index in shown
                steps.append(f"{number(100 * start / duration)}%{{visibility:{'visible' if before else 'hidden'}}}")
        rules.append(f"@keyframes {name}{{{''.join(steps)}}}.{name}{{animation-name:{name}}}")
    moving = f"g[class]{{animation:{number(duration)}s step-end infinite}}" + "".join(rules)
    return "\n@media (prefers-reduced-motion:no-preference){" + moving + "}\n"
