"""A laboratory for one question: under which conditions does learning produce an algorithm that itself optimizes?"""

__version__ = "0.1.0"


def __getattr__(name: str):
    # they need JAX, which everything else may do without
    if name == "measure":
        from .foreign import measure

        return measure
    if name == "load":
        from .lab import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
