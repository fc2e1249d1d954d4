"""The spelling of codes: what a code may look like, and how one is read out of what people write."""

import re
import unicodedata

MAX_CODE_LENGTH = 64
"""Characters. Real codes have 5 to 20; anything longer than this is no code but an accident."""

SHORTEST_WORD = 4
"""Characters of a message that is nothing but a code, where people chat as well: `ok` and `gg` are none."""

_LABELLED = re.compile(
    r"\bcode[*_~`]*\s*[:：]"
    r"[\s*_~`\"']*"
    r"([A-Za-z0-9]+)(?![\w-])",
    re.IGNORECASE,
)
"""`Code: X`, with or without Markdown around label and code. X must be a whole word, not the start of one."""

_ONE_WORD = re.compile(r"[A-Za-z0-9]+")
_MARKDOWN = "*_~`|"


def clean_code(text: str) -> str:
    r"""The code without what pasting adds; upper and lower case stay, since codes are case-sensitive.

    Characters of Unicode category C (control, zero-width, unassigned …) go wherever they stand: one of
    them in a code makes a game answer `Sign Error`. White space goes at both ends.

    >>> clean_code(" Gift\u200b2026\n")
    'Gift2026'
    """
    return "".join(char for char in text if not _hidden(char)).strip()


def read_code(text: str) -> str | None:
    """The code that an entry of a listing holds; None where it can be none.

    None for what is empty, has blanks within (a sentence, or two codes), or is longer than
    `MAX_CODE_LENGTH` once cleaned.
    """
    # White space within is judged before the cleaning, which would join the two lines of "AB\nCD".
    if len(_visible(text).split()) != 1:
        return None
    code = clean_code(text)
    return code if len(code) <= MAX_CODE_LENGTH else None


def find_code_in_message(text: str) -> str | None:
    """The code that a message announces; None where it announces none.

    A message announces a code when it is one word of `[A-Za-z0-9]+`, or holds `Code: X` (the first that
    fits counts; the label's case and Markdown around either do not matter).

    >>> find_code_in_message("A gift for you! **Code:** `Frost2026`")
    'Frost2026'
    """
    visible = _visible(text).strip()
    word = visible.strip(_MARKDOWN)
    if _ONE_WORD.fullmatch(word):
        return _bounded(word)
    return find_labelled_code(visible)


def find_labelled_code(text: str) -> str | None:
    """The X of the first `Code: X` in `text`; None where there is none."""
    return next(iter(find_labelled_codes(text)), None)


def find_labelled_codes(text: str) -> tuple[str, ...]:
    """The X of every `Code: X` in `text`, each once, in their order."""
    found = (_bounded(found[1]) for found in _LABELLED.finditer(_visible(text)))
    return tuple(dict.fromkeys(code for code in found if code is not None))


def _bounded(word: str) -> str | None:
    return word if len(word) <= MAX_CODE_LENGTH else None


def _visible(text: str) -> str:
    return "".join(char for char in text if char.isspace() or not _hidden(char))


def _hidden(char: str) -> bool:
    return unicodedata.category(char).startswith("C")
