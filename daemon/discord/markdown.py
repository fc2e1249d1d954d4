"""Discord's Markdown and `RichText`, both ways.

from_markdown(message.content, Names(members={"80351110224678912": "Ann"}))
to_markdown(text)  # at most `markdown_units(text)` UTF-16 units long
"""

from daemon.discord.markdown_reading import from_markdown
from daemon.discord.markdown_tokens import Names
from daemon.discord.markdown_writing import markdown_units, to_markdown

__all__ = ["Names", "from_markdown", "markdown_units", "to_markdown"]
