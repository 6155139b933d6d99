"""A command's error on the in-process server, in the words of a real one."""

from __future__ import annotations

__all__ = [
    "MISSING_KEY",
    "NOT_UTF8",
    "SYNTAX_ERROR",
    "WRONG_TYPE_OF_KEY",
    "CommandError",
    "wrong_number_of_arguments",
]

# Texts of RedisJSON 2.8.3. Some have no code in front: there the first word is what it is.
MISSING_KEY = "ERR could not perform this operation on a key that doesn't exist"
NOT_UTF8 = "Couldn't parse as UTF-8 string"
SYNTAX_ERROR = "ERR syntax error"
WRONG_TYPE_OF_KEY = "Existing key has wrong Redis type"


class CommandError(Exception):
    """The command failed; the text is what the server answers."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def wrong_number_of_arguments(command: str) -> CommandError:
    return CommandError(f"ERR wrong number of arguments for '{command}' command")
