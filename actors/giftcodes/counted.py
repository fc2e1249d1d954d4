"""Numbers in sentences."""


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the singular or with an `s`.

    >>> counted(1, "player"), counted(2, "player")
    ('1 player', '2 players')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
