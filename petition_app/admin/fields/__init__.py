"""What a petition's form asks for: chosen field by field, each with what it is for, beside the form as signers see it.

A change of a form that is open is told of once more before it is made. Whoever changes it says which revision was
looked at, so that two who do so at once hear of each other.
"""

from __future__ import annotations

from petition_app.admin.fields import asking, removal, screen

blueprint = screen.blueprint

__all__ = ["asking", "blueprint", "removal"]
