"""How the book is built and checked. Chapters never import from here."""
