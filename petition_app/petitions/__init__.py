"""A petition's text and life: import, versions, goal, opening and closing."""
