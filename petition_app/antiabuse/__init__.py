"""What keeps honest signers unhindered and floods out."""
