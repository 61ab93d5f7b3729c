"""Faults on purpose, with real processes: whatever breaks, what was acknowledged to somebody is there in the end.

`make test` runs the quick ones small, `make test-all` all of them small, `make torture` all of them at full size.
"""
