"""The measurements: each figure beside its ceiling, in the same run, on the same machine. `python -m bench --help`."""
