"""The references that `dlbook.check` compares with, one module a chapter."""
