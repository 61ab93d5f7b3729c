"""A bot farm and a crowd of honest people sign the same petition, through the program itself, on a simulated clock."""
