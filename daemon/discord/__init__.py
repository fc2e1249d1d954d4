"""Discord: the bot, its commands and buttons, and the board that codes are posted to.

hikari and lightbulb run on asyncio in a thread (`daemon.aio`); everything that decides something runs in
trio and knows neither. What crosses are the frozen values of `values.py`.
"""
