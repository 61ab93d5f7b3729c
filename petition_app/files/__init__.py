"""Files that are ordered, made by the worker, kept in the database for a while, and sent in any part of theirs.

An answer that is made while it is sent holds a thread of the server for as long as the slowest reader takes, cannot
tell how far it has come, and begins anew where the line breaks. A file that is made beforehand does none of that: all
formats alike have their progress, their length and check sum, and may be asked for from any byte on (RFC 9110, 14).
"""
