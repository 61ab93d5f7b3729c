"""`python -m petition_app …` is the command `petition …`."""

from petition_app.operations.cli import main

main()
