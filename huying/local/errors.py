"""The error of the embedded programs, apart from them: a command that starts none need not load them."""


class EmbeddedError(Exception):
    """An embedded program cannot run; the message says what is wrong, where, and what to do."""
