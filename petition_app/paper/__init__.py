"""Signatures on paper: the sheet to print, and the lines that come back on it."""
