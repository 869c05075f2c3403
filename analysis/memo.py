"""Remembers what was computed from equal tables: table, narrow and wide figure ask for the same.

Threads: one at a time, as the rest of this package.
Limits:  at most ENTRIES results are kept per function, the oldest goes first.
Errors:  none. A result is shared: callers must not change it in place.
"""

import functools

import pandas as pd

ENTRIES = 64


def by_content(function):
    """Decorator for functions of frames and plain values, called with equal ones again."""
    return _remembering(function, _content)


def by_object(function):
    """Decorator for functions of one object that is never changed, such as load.Results."""
    return _remembering(function, lambda value: id(value))


def _remembering(function, key_of):
    known: dict = {}

    @functools.wraps(function)
    def run(*arguments, **options):
        key = (tuple(map(key_of, arguments)),
               tuple((name, key_of(value)) for name, value in sorted(options.items())))
        if key not in known:
            if len(known) >= ENTRIES:
                known.pop(next(iter(known)))
            # The arguments are kept, so that no other object can take over an id.
            known[key] = (function(*arguments, **options), arguments, options)
        return known[key][0]
    return run


def _content(value):
    if isinstance(value, pd.DataFrame):
        return (tuple(value.columns), tuple(value.index),
                pd.util.hash_pandas_object(value, index=False).to_numpy().tobytes())
    return repr(value)
