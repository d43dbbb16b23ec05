"""A laboratory for one question: under which conditions does learning produce an algorithm that itself optimizes?"""

__version__ = "0.1.0"
