"""One function per verb, one transaction each: where planner, connectors and store meet.

Every function takes the `Site`; those that somebody asks for take `by`, and answer NotFound to whoever
may not. No network call happens inside a transaction.
"""
