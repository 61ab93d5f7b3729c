"""What signers agree to, and what is kept of it."""
