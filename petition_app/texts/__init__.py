"""A petition's own texts in another language: part by part, on the site or in a translator's own program."""
