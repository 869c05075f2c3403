"""The one exception of this package: a mistake of the user, said in one line with its remedy."""


class InputError(Exception):
    """A mistake in the input: subject (file, line, column), problem and remedy in one line."""

    def __init__(self, subject: str, problem: str, remedy: str):
        super().__init__(f"{subject}: {problem}; {remedy}")
