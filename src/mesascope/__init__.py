"""A laboratory for one question: under which conditions does learning produce an algorithm that itself optimizes?"""

__version__ = "0.1.0"


def __getattr__(name: str):
    # `mesascope.measure` needs JAX, which everything else may do without
    if name == "measure":
        from .foreign import measure

        return measure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
